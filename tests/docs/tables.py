"""Tables in documents that are made from the code: python -m tests.docs.tables writes them anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from api.access import ACCESS
from oms.adapters.folder import explain_columns
from oms.courier.lifecycle import RunState, StopState
from oms.fulfilment.lifecycle import FULFILMENT, FulfilmentState
from oms.money.ledger import PaymentKind
from oms.money.refunds import RefundState
from oms.pickups.lifecycle import PickupState
from oms.returns.lifecycle import ReturnState
from oms.shipments.tracking import KINDS
from oms.usecases.collecting import OUTCOMES
from tests.docs.blocks import ROOT


def access() -> str:
    """Who may call what."""
    rows = [
        (
            f"`{method} {path}`",
            "anybody" if rule.scope == "public" else ", ".join(sorted(rule.roles)),
            _scope(rule.scope),
        )
        for (method, path), rule in sorted(ACCESS.items(), key=lambda row: (row[0][1], row[0][0]))
    ]
    return _table(("endpoint", "roles", "bounded by"), rows)


def _scope(scope: str) -> str:
    return "" if scope in ("public", "all") else scope


def columns() -> str:
    """Every column of the folder format, one table per file."""
    files: dict[str, list[tuple[str, ...]]] = {}
    for note in explain_columns():
        empty = "**needed**" if note.required else note.default
        files.setdefault(note.file, []).append((f"`{note.column}`", note.kind, empty, note.allowed))
    parts = [f"### `{name}`\n\n{_table(COLUMN, rows)}" for name, rows in files.items()]
    return "\n\n".join(parts)


COLUMN = ("column", "kind", "when empty or left out", "allowed")


SUBJECTS = (
    *(
        "bid_prices",
        "customer",
        "fulfilment",
        "import",
        "inbound",
        "key",
        "kit",
        "manifest",
        "network",
        "node",
        "order",
    ),
    *("payment", "pick_list", "pickup", "refund", "reservation", "return", "run", "shipment", "sku", "stock"),
    *("stop", "substitutes", "task", "transfer", "wave", "webhook", "what_if", "work"),
)


def events() -> str:
    """Every type of event that some use case emits."""
    emitted = re.compile(rf"\"((?:{'|'.join(SUBJECTS)})\.(?!id\b|json\b)[a-z_]+)\"")
    found = {t for path in (ROOT / "oms").rglob("*.py") for t in emitted.findall(path.read_text())}
    found |= {f"pick_list.{done}" for done in ("claimed", "released", "cancelled")}
    found |= {f"fulfilment.{state.value}" for state in FulfilmentState}  # told as what it has become
    found |= {f"pickup.{state.value}" for state in PickupState if state is not PickupState.PREPARING}
    found |= {told for _, told in OUTCOMES.values()}
    found |= {f"shipment.{kind.value}" for kind in KINDS}
    found |= {f"payment.{kind.value}" for kind in PaymentKind} | {f"refund.{s.value}" for s in RefundState}
    found |= {f"return.{state.value}" for state in ReturnState}
    found |= {f"stop.{state.value}" for state in StopState} | {f"run.{state.value}" for state in RunState}
    found |= {f"stop.{decided}" for decided in ("unassigned", "decided", "inspected")}
    subjects: dict[str, list[str]] = {}
    for type in sorted(found):
        subjects.setdefault(type.partition(".")[0], []).append(f"`{type}`")
    return "\n".join(f"- {', '.join(types)}" for types in subjects.values())


def lifecycle() -> str:
    """Every transition of a fulfilment order: state by state, what may happen and what it becomes."""

    def possible(state: FulfilmentState) -> str:
        steps = [(event, FULFILMENT.step(state, event)) for event in FULFILMENT.possible(state)]
        return ", ".join(f"{event.value} → `{after.value}`" for event, after in steps) or "over"

    rows = [(f"`{state.value}`", possible(state)) for state in FulfilmentState]
    return _table(("state", "what may happen"), rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    return "\n".join(_line(cells) for cells in (head, ("---",) * len(head), *rows))


def _line(cells: Iterable[str]) -> str:
    escaped = (cell.replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


TABLES: tuple[tuple[str, str, Callable[[], str]], ...] = (
    ("docs/http-api.md", "access", access),
    ("docs/http-api.md", "events", events),
    ("docs/files.md", "columns", columns),
    ("docs/fulfilment.md", "lifecycle", lifecycle),
)
"""Document, name of its markers, and what stands between them."""


def renewed(document: str, name: str, table: str) -> str:
    """The document's text with the table between its markers."""
    text = (ROOT / document).read_text(encoding="utf-8")
    begin, end = f"<!-- {name}:begin -->\n", f"<!-- {name}:end -->"
    assert begin in text and end in text, f"{document} has no markers {name}"
    before, rest = text.split(begin)
    return f"{before}{begin}{table}\n{end}{rest.split(end)[1]}"


def main() -> None:
    for document, name, make in TABLES:
        (ROOT / document).write_text(renewed(document, name, make()), encoding="utf-8")


if __name__ == "__main__":
    main()
