"""The floor under placing orders: `pgbench` runs the very statements of one order, one order a transaction.

The statements are taken from the engine while the product places one order; values that tell orders apart
become variables. Two things cannot be kept: a script does not read what it locked, so the guarded write of
positions adds to what is there instead of replacing it, and all orders have the answer and the decision of
the one that was looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import psycopg
from fastapi.testclient import TestClient
from sqlalchemy import Connection, event

from api.app import create_app
from benchmarks.order_world import NAMED_FROM, order, sku
from oms.adapters.postgres import DATABASE, ROLE
from oms.adapters.postgres_home import Home
from oms.bootstrap import Runtime
from oms.store.database import conninfo
from oms.store.orders import advisory_key

LOOKED_AT, FIRST, SECOND = "zqorder", 1777, 1888
_MADE = re.compile(r"\b(res|dec|adr)_[0-9a-z]{24}\b")
_QUOTED = re.compile(r"E?'(?:[^']|'')*'")
_LOCK = str(abs(advisory_key(LOOKED_AT)))
_VARIABLES = {
    LOOKED_AT: "id",
    _LOCK: "id",
    str(FIRST): "first",
    str(SECOND): "second",
    sku(FIRST): "first_sku",
    sku(SECOND): "second_sku",
}
_VALUES = re.compile("|".join([*(rf"\b{value}" for value in _VARIABLES), _MADE.pattern]))

Statement = tuple[str, Any]


def floor_script(runtime: Runtime, key: str, skus: int) -> str:
    """A script for pgbench: an order of two random SKUs, one of each half of the first ``skus``."""
    statements = _statements(runtime, key)
    half = skus // 2
    with psycopg.connect(conninfo(runtime.url)) as conn:
        cursor = psycopg.ClientCursor(conn)
        lines = [_line(cursor.mogrify(said, values)) for said, values in statements]
    picked = f"\\set first random(1, {half})\n\\set second random({half + 1}, {skus})\n"
    picked += "".join(f"\\set {name}_sku {NAMED_FROM} + :{name}\n" for name in ("first", "second"))
    told_apart = "\\set count :count + 1\n\\set id :client_id * 10000000 + :count\n"
    return f"{told_apart}{picked}BEGIN;\n" + ";\n".join(lines) + ";\nCOMMIT;\n"


def run_floor(home: Home, script: Path, clients: int, seconds: int, first_id: int) -> dict[str, float]:
    """Transactions a second, and their mean latency in ms; no transaction may fail."""
    said = home.run(
        "pgbench",
        *("-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(seconds)),
        *("-f", str(script), "-D", f"count={first_id}", "-h", str(home.socket_dir)),
        *("-U", ROLE, DATABASE),
        timeout=seconds + 60,
    )
    assert said.returncode == 0, said.stderr[:2000]
    failed = re.search(r"number of failed transactions: (\d+)", said.stdout)
    assert failed is not None and failed[1] == "0", said.stdout
    found = {
        name: re.search(pattern, said.stdout)
        for name, pattern in (("per_s", r"tps = ([\d.]+)"), ("mean_ms", r"latency average = ([\d.]+)"))
    }
    return {name: float(match[1]) for name, match in found.items() if match is not None}


def _statements(runtime: Runtime, key: str) -> list[Statement]:
    """What one transaction sent that placed one order."""
    app = create_app(runtime)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with TestClient(app, headers=headers) as client, _listening(runtime) as done:
        body = orjson.dumps(order(FIRST, SECOND))
        answer = client.put(f"/v1/orders/{LOOKED_AT}", content=body)
    assert answer.status_code == 201, answer.text
    (found,) = [one for one in done if any('INSERT INTO "order"' in said for said, _ in one)]
    return found


@contextmanager
def _listening(runtime: Runtime) -> Iterator[list[list[Statement]]]:
    """The statements of every transaction committed meanwhile."""
    under_way: dict[int, list[Statement]] = {}
    done: list[list[Statement]] = []

    def sent(conn: Connection, _: Any, said: str, values: Any, __: Any, many: bool) -> None:
        each = values if many else [values]
        under_way.setdefault(id(conn), []).extend((said, one) for one in each)

    def committed(conn: Connection) -> None:
        done.append(under_way.pop(id(conn), []))

    event.listen(runtime.engine, "before_cursor_execute", sent)
    event.listen(runtime.engine, "commit", committed)
    try:
        yield done
    finally:
        event.remove(runtime.engine, "before_cursor_execute", sent)
        event.remove(runtime.engine, "commit", committed)


def _line(said: str) -> str:
    """One statement on one line, with variables for what tells orders apart."""
    said = " ".join(said.split())
    said = said.replace("reserved = n.reserved,", "reserved = p.reserved + n.reserved - n.was_reserved,")
    said = said.replace(
        "AND p.on_hand = n.was_on_hand AND p.reserved = n.was_reserved",
        "AND p.reserved + n.reserved - n.was_reserved <= p.on_hand",
    )
    parts, at = [], 0
    for quoted in _QUOTED.finditer(said):
        joined = _joined(quoted[0])
        if joined[0] == "(" and quoted[0][1] == "{" and not said.startswith("::", quoted.end()):
            joined += "::text[]"  # a literal finds its type by itself, an expression does not
        parts += [_bare(said[at : quoted.start()]), joined]
        at = quoted.end()
    return "".join([*parts, _bare(said[at:])])


def _bare(said: str) -> str:
    return re.sub(rf"\b({FIRST}|{SECOND}|{_LOCK})\b", lambda found: f":{_VARIABLES[found[1]]}", said)


def _joined(quoted: str) -> str:
    """A literal cut where it tells orders apart: ``'a-1777'`` is ``('a-' || :first)``."""
    quoted = re.sub(r":(?=[A-Za-z_])", ": ", quoted)  # JSON's `:null` would be a variable called null
    opening, inner = quoted[: quoted.index("'") + 1], quoted[quoted.index("'") + 1 : -1]
    parts, at = [], 0
    for found in _VALUES.finditer(inner):
        made = _MADE.fullmatch(found[0])
        before = inner[at : found.start()] + (f"{made[1]}_" if made else "S" if found[0][0] == "S" else "")
        parts += [f"{opening}{before}'", f":{'id' if made else _VARIABLES[found[0]]}::text"]
        at = found.end()
    if not parts:
        return quoted
    return "(" + " || ".join([*parts, f"{opening}{inner[at:]}'"]) + ")"
