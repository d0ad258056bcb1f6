"""Transfers between nodes: held at the sending node, in transit in between, received at the other end.

On the road a transfer is a document like a supplier's (`transfer:<id>` in `inbound`), so it can be promised
ahead and received in parts, short or over, by the same rules. A line may carry units that a reservation
holds:
the promise then travels with them (ship to store).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from inventory.documents import Receipt, ReceiptLine, TransferRequest, document_of, transfer_of
from inventory.outcomes import (
    Closed,
    Conflict,
    Done,
    Insufficient,
    Replayed,
    Report,
    Reserved,
    Shortage,
    Unknown,
    Want,
)
from inventory.read_documents import transfers
from inventory.requests import ReserveLine, ReserveRequest, Shelf
from inventory.stock_inbound import ReceiptOutcome, receive_inbound
from inventory.stock_reserve import give_up, reserve
from inventory.store import documents, locks
from inventory.store.documents import TransferLineRow, TransferRow
from inventory.store.names import Names, resolve
from inventory.store.opening import Wanted, open_book
from inventory.store.writes import write

CHANNEL = "transfer"  # a fence that names it keeps units for transfers

TransferOutcome = Done | Replayed | Conflict | Insufficient | Unknown


def plan_transfers(conn: Connection, at: datetime, batch: Sequence[TransferRequest]) -> list[TransferOutcome]:
    """Hold the units of each transfer at its sending node, or refuse it whole."""
    nodes = (node for one in batch for node in (one.from_node, one.to_node))
    names = resolve(conn, nodes, (line.sku for one in batch for line in one.lines))
    known = {one.id: one for one in reversed(batch) if _unknown(names, one) is None}
    made = documents.begin_transfers(conn, [_row_of(names, one) for one in known.values()], at)
    rows, lines = documents.lock_transfers(conn, known)
    wanted = {id_: _line_rows(names, known[id_]) for id_ in made}
    refused = {
        id_: no for id_ in made if (no := _carried(conn, known[id_], wanted[id_], rows[id_])) is not None
    }
    own = [
        request for id_ in sorted(made - refused.keys()) if (request := _own_units(known[id_])) is not None
    ]
    for outcome in reserve(conn, at, own) if own else ():
        if isinstance(outcome, Insufficient):
            id_ = transfer_of(outcome.group_id)
            refused[id_] = Insufficient(id_, outcome.shortages)
        else:
            assert isinstance(outcome, Reserved), f"a new transfer's own group: {outcome}"
    documents.forget_transfers(conn, refused)
    for id_ in sorted(made - refused.keys()):
        documents.add_transfer_lines(conn, wanted[id_])
    return [
        _unknown(names, one) or refused.get(one.id) or _planned(names, one, one.id in made, rows, lines)
        for one in batch
    ]


def receive_transfers(conn: Connection, at: datetime, batch: Sequence[Receipt]) -> Report[ReceiptOutcome]:
    """Transfers arrived, in part or whole, short or over."""
    rows, _ = documents.lock_transfers(conn, {one.id for one in batch})
    report = receive_inbound(conn, at, [replace(one, id=document_of(one.id)) for one in batch])
    done = {
        one.id
        for one, outcome in zip(batch, report.outcomes, strict=True)
        if one.close and isinstance(outcome, Done)
    }
    documents.set_transfers(conn, done, "closed")
    outcomes = [
        outcome
        if isinstance(outcome, Unknown) and outcome.what == "sku"
        else _own_words(one.id, rows, outcome)
        for one, outcome in zip(batch, report.outcomes, strict=True)
    ]
    return Report(outcomes, report.displaced)


def on_the_road(conn: Connection, id_: str) -> tuple[ReceiptLine, ...]:
    """The units of a transfer that left and have not arrived, by SKU; nobody else receives any before the
    commit."""
    documents.lock_transfers(conn, [id_])
    documents.lock_inbound(conn, [document_of(id_)])
    out: dict[str, int] = {}
    arrived: dict[str, int] = {}
    for line in (line for one in transfers(conn, id=id_) for line in one.lines):
        out[line.sku] = out.get(line.sku, 0) + line.shipped
        arrived[line.sku] = line.received  # every line tells what arrived of its SKU
    return tuple(ReceiptLine(sku, units - arrived[sku]) for sku, units in out.items() if units > arrived[sku])


def cancel_transfers(conn: Connection, at: datetime, ids: Sequence[str]) -> list[Done | Closed | Unknown]:
    """Transfers that have not left will not; units held for them alone are free, carried ones stay held."""
    rows, _ = documents.lock_transfers(conn, ids)
    due = sorted(id_ for id_, row in rows.items() if row.state == "planned")
    groups = locks.lock_groups(conn, [document_of(id_) for id_ in due])
    book = open_book(conn, groups, Wanted())
    for group in groups.values():
        give_up(book, group, "voided")
    write(conn, at, book)
    documents.set_transfers(conn, due, "cancelled")
    outcomes: list[Done | Closed | Unknown] = []
    for id_ in ids:
        if id_ not in rows:
            outcomes.append(Unknown("transfer", (id_,)))
        else:
            over = rows[id_].state in ("shipped", "closed")
            outcomes.append(Closed(id_, rows[id_].state) if over else Done(id_))
    return outcomes


def _unknown(names: Names, one: TransferRequest) -> Unknown | None:
    return names.unknown([one.from_node, one.to_node], [line.sku for line in one.lines])


def _row_of(names: Names, one: TransferRequest) -> TransferRow:
    from_no, to_no = names.nodes[one.from_node], names.nodes[one.to_node]
    return TransferRow(one.id, from_no, one.from_node, to_no, one.to_node, "planned", one.eta, one.reference)


def _line_rows(names: Names, one: TransferRequest) -> list[TransferLineRow]:
    return [
        TransferLineRow(
            one.id, line.line_id, line.group_id or document_of(one.id), names.skus[line.sku], line.quantity
        )
        for line in sorted(one.lines, key=lambda line: line.line_id)
    ]


def _own_units(one: TransferRequest) -> ReserveRequest | None:
    lines = tuple(
        ReserveLine(line.line_id, line.sku, line.quantity, Shelf(one.from_node), one.eta)
        for line in one.lines
        if line.group_id is None
    )
    return ReserveRequest(document_of(one.id), CHANNEL, CHANNEL, one.id, lines) if lines else None


def _carried(
    conn: Connection, one: TransferRequest, wanted: list[TransferLineRow], row: TransferRow
) -> Insufficient | None:
    """Refuse a line that carries units its group does not hold at the sending node."""
    skus = {line.line_id: line.sku for line in one.lines}
    lacking = []
    for line in wanted:
        if line.group_id == document_of(one.id):
            continue
        held = documents.held_on_shelf(conn, line, row.from_node_no)
        if held < line.quantity:
            sku = skus[line.line_id]
            lacking.append(Shortage(line.line_id, sku, one.from_node, line.quantity, held, Want.NOT_HELD))
    return Insufficient(one.id, tuple(lacking)) if lacking else None


def _planned(
    names: Names,
    one: TransferRequest,
    made: bool,
    rows: dict[str, TransferRow],
    lines: dict[str, list[TransferLineRow]],
) -> TransferOutcome:
    if made:
        return Done(one.id)
    row = rows[one.id]
    same = (row.from_node, row.to_node) == (one.from_node, one.to_node)
    if not same or lines[one.id] != _line_rows(names, one):
        return Conflict(one.id)
    return Replayed(one.id, row.state, None)


def _own_words(id_: str, rows: dict[str, TransferRow], outcome: ReceiptOutcome) -> ReceiptOutcome:
    """Say of the transfer what was said of its document."""
    if id_ not in rows:
        return Unknown("transfer", (id_,))
    if isinstance(outcome, Unknown):
        return Closed(id_, rows[id_].state)
    return replace(outcome, id=id_)
