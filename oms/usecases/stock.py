"""Physical facts about stock, and what of it may be promised. Each on a batch of lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from inventory import places, stock, stock_settings
from inventory.movements import Cause, Count, FenceLine, Move, Note, SafetyStock
from inventory.outcomes import Displaced, Unknown
from inventory.places import Area
from oms.refusals import Code, Fault, refuse
from oms.steps.unrouting import unroute_displaced
from oms.work import Work


@dataclass(frozen=True, slots=True)
class Movement:
    """`quantity` units at `node`; only an adjustment may be negative."""

    node: str
    sku: str
    cause: Cause
    quantity: int
    reference: str = ""
    occurred_at: datetime | None = None
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """The shelf at `node` holds `quantity` units."""

    node: str
    sku: str
    quantity: int
    reference: str = ""
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one line: the shelf's balance afterwards, or the fault that left it undone."""

    on_hand: int | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """One result per line, in their order, and how many promised units lost their home."""

    lines: tuple[Applied, ...]
    displaced: int = 0


def move_stock(work: Work, lines: Sequence[Movement], *, whole: bool = True) -> Settled:
    """Enter facts. `whole`: all of them or none. Raises Refused: unknown_sku, unknown_node, forbidden."""
    _at_home(work, [line.node for line in lines], "movements")
    report = stock.record(work.conn, work.at, [_move(work, line) for line in lines])
    results = _applied(report.outcomes, "movements", whole)
    for line, result in zip(lines, results, strict=True):
        if result.fault is None:
            data = {"sku": line.sku, "cause": line.cause.value, "quantity": line.quantity}
            work.emit("stock.moved", "node", line.node, data)
    return _settled(work, results, report.displaced)


def count_stock(work: Work, lines: Sequence[Counted], *, whole: bool = True) -> Settled:
    """The shelves hold what was counted; differences become movements. Counts of one position in two lines
    are both left undone. Raises Refused like `move_stock`, and duplicate_line.
    """
    _at_home(work, [line.node for line in lines], "counts")
    repeated = _repeated([(line.node, line.sku) for line in lines], "counts")
    counts = [
        Count(line.node, line.sku, line.quantity, _note(work, line.reference, line.occurred_at))
        for place, line in enumerate(lines)
        if place not in repeated
    ]
    report = stock.count(work.conn, work.at, counts)
    results = _applied(report.outcomes, "counts", whole, repeated)
    for line, result in zip(lines, results, strict=True):
        if result.fault is None:
            work.emit("stock.counted", "node", line.node, {"sku": line.sku, "on_hand": line.quantity})
    return _settled(work, results, report.displaced)


def set_safety_stock(work: Work, lines: Sequence[SafetyStock]) -> Settled:
    """Units that no channel may promise. Raises Refused: unknown_sku, unknown_node, duplicate_line,
    forbidden.
    """
    _at_home(work, [line.node for line in lines], "lines")
    _require_distinct([(line.node, line.sku) for line in lines])
    results = _applied(stock_settings.set_safety_stock(work.conn, work.at, lines), "lines", True)
    for line in lines:
        work.emit("stock.safety_set", "node", line.node, {"sku": line.sku, "quantity": line.quantity})
    return Settled(results)


def set_fences(work: Work, lines: Sequence[FenceLine]) -> Settled:
    """Units kept for channels. Raises Refused: unknown_sku, unknown_node, duplicate_line, forbidden."""
    _at_home(work, [line.node for line in lines], "lines")
    _require_distinct([(line.node, line.sku, line.name) for line in lines])
    results = _applied(stock_settings.set_fences(work.conn, work.at, lines), "lines", True)
    for line in lines:
        data = {"sku": line.sku, "name": line.name, "quantity": line.quantity}
        work.emit("stock.fenced", "node", line.node, data)
    return Settled(results)


def set_blocks(work: Work, pairs: Sequence[tuple[str, str]], *, blocked: bool) -> Settled:
    """Promise nothing of these (node, SKU) until counted, or again. Raises Refused like `set_fences`."""
    _at_home(work, [node for node, _ in pairs], "lines")
    change = stock_settings.block if blocked else stock_settings.unblock
    results = _applied(change(work.conn, work.at, pairs), "lines", True)
    for node, sku in pairs:
        work.emit("stock.blocked" if blocked else "stock.unblocked", "node", node, {"sku": sku})
    return Settled(results)


def report_displaced(work: Work, displaced: Sequence[Displaced]) -> int:
    """Tell of promises that a fact took the stock from, and have their orders know; returns the units."""
    for loss in displaced:
        data = {"line": loss.line_id, "sku": loss.sku, "node": loss.node, "quantity": loss.quantity}
        work.emit("reservation.displaced", "reservation", loss.group_id, {**data, "order": loss.reference})
    unroute_displaced(work, displaced)
    return sum(loss.quantity for loss in displaced)


def _settled(work: Work, results: tuple[Applied, ...], displaced: Sequence[Displaced]) -> Settled:
    return Settled(results, report_displaced(work, displaced))


def _at_home(work: Work, nodes: Sequence[str], member: str) -> None:
    for place, node in enumerate(nodes):
        work.actor.require_node(node, f"/{member}/{place}/node")


def _repeated(keys: Sequence[tuple[str, ...]], member: str) -> dict[int, Applied]:
    """By place, the lines whose (node, SKU, …) another line has too: which of them holds, nobody can tell."""
    times = Counter(keys)
    detail = "Another line says how many there are of the same; send the one that holds"
    return {
        place: Applied(fault=Fault(f"/{member}/{place}", Code.DUPLICATE_LINE, detail))
        for place, key in enumerate(keys)
        if times[key] > 1
    }


def _require_distinct(keys: Sequence[tuple[str, ...]]) -> None:
    faults = [undone.fault for undone in _repeated(keys, "lines").values() if undone.fault]
    if faults:
        raise refuse(Code.DUPLICATE_LINE, "Nothing was changed: some lines cannot be taken", *faults)


def _applied(
    outcomes: Sequence[stock.FactOutcome],
    member: str,
    whole: bool,
    undone: Mapping[int, Applied] = MappingProxyType({}),
) -> tuple[Applied, ...]:
    """Results by line: of those `undone`, by place, and of the others. Raises Refused with every fault when
    all were to be done or none.
    """
    left = iter(outcomes)
    places = range(len(outcomes) + len(undone))
    results = tuple(undone.get(place) or _result(next(left), f"/{member}/{place}") for place in places)
    faults = [result.fault for result in results if result.fault is not None]
    if faults and whole:
        raise refuse(Code(faults[0].code), "Nothing was changed: some lines cannot be taken", *faults)
    return results


def _result(outcome: stock.FactOutcome, pointer: str) -> Applied:
    if isinstance(outcome, Unknown):
        code = Code.UNKNOWN_NODE if outcome.what == "node" else Code.UNKNOWN_SKU
        return Applied(fault=Fault(f"{pointer}/{outcome.what}", code, f"There is no such {outcome.what}"))
    return Applied(outcome.on_hand)


def _move(work: Work, line: Movement) -> Move:
    shelf = places.shelf(line.node)
    away = {
        Cause.SALE: places.CUSTOMER,
        Cause.SCRAP: places.SCRAP,
        Cause.DAMAGE: places.in_area(line.node, Area.DAMAGED),
    }
    if line.cause is Cause.RECEIVE:
        ends = (places.SUPPLIER, shelf)
    elif line.cause is Cause.ADJUST:
        ends = (places.missing(line.node), shelf) if line.quantity > 0 else (shelf, places.missing(line.node))
    else:
        ends = (shelf, away[line.cause])
    note = _note(work, line.reference, line.occurred_at)
    return Move(line.sku, abs(line.quantity), *ends, line.cause, note, line.channel)


def _note(work: Work, reference: str, occurred_at: datetime | None) -> Note:
    return Note(reference=reference, actor=work.actor.key_id, occurred_at=occurred_at)
