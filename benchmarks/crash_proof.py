"""What must be true of the books after the killing, whatever was killed when.

First the books are compared with what clients were told, before anything is repeated: every acknowledged
effect is there once, every other is there whole or not at all. Then clients come back with all they were
never told, and with what they were told: the same request gets the same answer and changes nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import Engine, text

from benchmarks.crash_clients import REFUSALS, Ask, Doors, Told, code_of, send
from benchmarks.crash_house import client_of
from benchmarks.crash_reader import Reader
from oms.adapters.clock import elapsed_s
from oms.audit import audit

REPLAYS_MOST = 2_000
CLIENTS = 4
PATIENCE_S = 120.0

_ORDERS = text(
    """
    SELECT o.id, o.status, o.answer <> '' AS answered,
        (SELECT jsonb_object_agg(l.sku, l.ordered) FROM order_line l WHERE l.order_id = o.id) AS lines,
        (SELECT sum(l.ordered) FROM order_line l WHERE l.order_id = o.id) AS units,
        (SELECT sum(f.quantity) FROM fulfilment_line f WHERE f.order_id = o.id) AS worked,
        (SELECT count(*) FROM outbox e WHERE e.subject_id = o.id AND e.type = 'order.placed') AS told,
        (SELECT count(*) FROM decision d WHERE d.reference IN (o.id, o.group_id)) AS decided
    FROM "order" o
    """
)
_RECEIPTS = text("SELECT reference, count(*) FROM movement WHERE reference LIKE 'po-%' GROUP BY reference")
_GROUPS = text("SELECT id, state FROM reservation_group")


@dataclass(frozen=True, slots=True)
class Books:
    """What the database has: orders by id, how often each delivery was entered, reservations' states."""

    orders: dict[str, Any]
    receipts: Counter[str]
    groups: dict[str, str]
    audit_differences: int


def read_books(engine: Engine) -> Books:
    """All of it as of one instant."""
    snapshot = engine.connect().execution_options(isolation_level="REPEATABLE READ")
    with snapshot as conn, conn.begin():
        return Books(
            {row.id: row for row in conn.execute(_ORDERS)},
            Counter({row.reference: row.count for row in conn.execute(_RECEIPTS)}),
            {row.id: row.state for row in conn.execute(_GROUPS)},
            len(audit(conn).differences),
        )


def compared(books: Books, told: Sequence[Told]) -> dict[str, Any]:
    """The books against what clients were told. What they were not told may be there, but whole."""
    orders = {one.ask.path.rpartition("/")[2]: one for one in told if one.ask.verb == "order"}
    known = {id for id, one in orders.items() if one.status in (200, 201)}
    open_orders = {id for id, one in orders.items() if not one.status}
    receipts = [one for one in told if one.ask.verb == "receive"]
    return {
        "orders_acknowledged": len(known),
        "orders_unacknowledged_whole": len(open_orders & books.orders.keys()),
        "orders_unacknowledged_absent": len(open_orders - books.orders.keys()),
        "acknowledged_missing": len(known - books.orders.keys()),
        "never_asked": len(books.orders.keys() - known - open_orders),
        "orders_not_whole": sum(
            not is_whole(row, orders[id].ask) for id, row in books.orders.items() if id in orders
        ),
        "deliveries_wrong": sum(not _entered_once(one, books.receipts) for one in receipts),
        "cancelled_not": sum(
            books.orders[one.ask.path.split("/")[3]].status != "cancelled" for one in _done(told, "cancel")
        ),
        "voided_not": sum(
            books.groups[one.ask.path.split("/")[3]] != "voided" for one in _done(told, "void")
        ),
        "audit_differences": books.audit_differences,
    }


def is_whole(row: Any, ask: Ask) -> bool:
    """Every unit asked for stands in a line and in somebody's work, its answer, event and decision kept."""
    lines = {line["sku"]: line["quantity"] for line in ask.body["lines"]}
    once = row.answered and row.told == 1 and row.decided >= 1
    return bool(once and row.lines == lines and row.worked >= row.units)


def _entered_once(told: Told, receipts: Counter[str]) -> bool:
    """All lines of a delivery once; or, when nobody was told, none of them."""
    counts = {receipts[line["reference"]] for line in told.ask.body["movements"]}
    return counts == {1} or (not told.status and counts == {0})


def _done(told: Iterable[Told], verb: str) -> list[Told]:
    return [one for one in told if one.ask.verb == verb and one.status == 200]


def settled(house: Doors, told: Sequence[Told], books: Books) -> dict[str, Any]:
    """Clients come back with all they were never told; how many of the answers do not fit the books."""
    left = [one for one in told if not one.status]
    diverged = Counter[str]()

    def ask_again(one: Told, answer: httpx.Response) -> None:
        id, code = one.ask.path.rpartition("/")[2], code_of(answer)
        one.status, one.body = answer.status_code, answer.content
        there = one.ask.verb == "order" and id in books.orders
        if f"{one.ask.verb} {code}" in REFUSALS:
            return
        if answer.status_code >= 400 or (one.ask.verb == "order" and (answer.status_code == 200) != there):
            diverged[f"{one.ask.verb} {code or answer.status_code}"] += 1

    _each(house, left, ask_again)
    return {"asked_again": len(left), "diverged": sum(diverged.values()), "diverged_how": dict(diverged)}


def replayed(house: Doors, told: Sequence[Told]) -> dict[str, Any]:
    """What was told is asked once more: how many answers are not the same, to the byte."""
    step = max(1, len(told) // REPLAYS_MOST)
    some = [one for no, one in enumerate(told) if no % step == 0 or one.tries > 1]
    changed = Counter[str]()

    def compare(one: Told, answer: httpx.Response) -> None:
        status = {201: 200}.get(one.status, one.status) if one.ask.method == "PUT" else one.status
        if answer.status_code != status or _said(answer.content) != _said(one.body):
            changed[f"{one.ask.verb} {one.status} {code_of(answer) or answer.status_code}"] += 1

    _each(house, some, compare)
    return {"replays": len(some), "replays_changed": sum(changed.values()), "changed_how": dict(changed)}


def _said(body: bytes) -> Any:
    """An answer; a no without the id of the request it was given to."""
    document = httpx.Response(200, content=body).json()
    return {k: v for k, v in document.items() if k != "request_id"} if "code" in document else body


def _each(house: Doors, asked: Sequence[Told], then: Any) -> None:
    """Send each until it is answered for good, several at a time, those of one client in their order."""
    lanes: dict[str, list[Told]] = defaultdict(list)
    for one in asked:
        lanes[one.ask.path if one.ask.shop else "staff"].append(one)

    def walk(lane: list[Told]) -> None:
        with client_of(house.shop_key) as shop, client_of(house.admin_key) as staff:
            for one in lane:
                then(one, _answer(shop if one.ask.shop else staff, house, one))

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(walk, lanes.values()))


def _answer(client: httpx.Client, house: Doors, one: Told) -> httpx.Response:
    until_s = elapsed_s() + PATIENCE_S
    while True:
        one.tries += 1
        late = elapsed_s() > until_s
        try:
            answer = send(client, house.bases[one.tries % len(house.bases)], one.ask)
        except httpx.TransportError:  # a machine too busy to answer in time: no word of what became of it
            if late:
                raise
            continue
        if late or (answer.status_code != 503 and code_of(answer) != "idempotency_in_progress"):
            return answer


def read_to_the_end(house: Doors, reader: Reader, told: Sequence[Told], books: Books) -> dict[str, Any]:
    """The follower of events against the books: every order told once, no number skipped or shown twice."""
    until_s = elapsed_s() + PATIENCE_S
    with client_of(house.admin_key) as client, house.engine.connect() as conn:
        last = 0
        while elapsed_s() < until_s:
            waiting = conn.scalar(text("SELECT count(*) FROM outbox WHERE seq IS NULL"))
            last = conn.scalar(text("SELECT coalesce(max(seq), 0) FROM outbox")) or 0
            conn.rollback()
            if not waiting and reader.seqs[-1:] == [last]:
                break
            reader.read(client)
    return {
        "events": len(reader.seqs),
        "events_out_of_line": reader.out_of_line(),
        "events_not_read": last - (reader.seqs[-1] if reader.seqs else 0),
        "orders_not_told_once": sum(reader.placed[id] != 1 for id in books.orders)
        + len(reader.placed.keys() - books.orders.keys()),
    }
