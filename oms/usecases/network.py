"""Edit what a network is made of. An edit that would leave no whole network is refused with every fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from sqlalchemy import Connection, select, text

from inventory.store.tables import node
from oms.memory.network_load import BODY, SINGLE, USUAL, Kind, NetworkSettings, read
from oms.refusals import Code, Fault, not_found, refuse
from oms.store import network_documents as documents
from oms.store import node_queue
from oms.store.network_documents import Document
from oms.store.order_tables import order
from oms.store.versions import bump
from oms.work import Work
from routing.network import build_network
from routing.network_spec import NetworkRefused
from routing.policy import Policy

NETWORK = "network"
"""The counter that tells every process to load the network again."""

WEIGHTS = ("parcel_minor", "late_day_minor", "breadth_weight", "lookahead_weight")
"""What a sweep can choose of a policy."""
UNFELT = ("co2_minor_per_kg", "resource_minor")
"""Weights that no replay feels."""
_NOT_PUT = frozenset({"version", "fed_stores", "courier_grace_minutes", "work_limit"})
"""Members of a policy that no body says."""

_NO_NEW_ORDERS = text('LOCK TABLE "order" IN SHARE MODE')

_PART = {
    Kind.TARIFF: "tariffs",
    Kind.CALENDAR: "calendars",
    Kind.DELIVERY: "deliveries",
    Kind.LANES: "lanes",
    Kind.SLOTS: "slots",
    Kind.POLICY: "policy",
    Kind.SETTINGS: "settings",
    Kind.RETURNS: "returns",
}
_HOLES = {"tariff_empty", "tariff_not_ascending", "tariff_reach_not_positive"}
_HOURS = (Kind.WORK, Kind.CALENDAR)
"""What says when nodes have to begin with what they are to do."""
_NAME = {"nodes": "id", "tariffs": "name", "calendars": "name", "deliveries": "country"}


@dataclass(frozen=True, slots=True)
class PutDocument:
    """`body` is JSON of the kind's spec. `expected`: the version the caller saw, None for whichever."""

    kind: Kind
    id: str
    body: Any
    expected: int | None = None


def put_document(work: Work, command: PutDocument) -> Document:
    """Store a document. Raises Refused: invalid, tariff_hole, version_conflict, in_use (the currency of
    orders).
    """
    return _put(work, command, bump(work.conn, NETWORK))  # also the lock that makes edits take turns


def _put(work: Work, command: PutDocument, number: int) -> Document:
    """``number``: of the network once this is stored."""
    assert command.kind not in SINGLE or command.id == command.kind
    _same_version(work.conn, command.kind, command.id, command.expected)
    BODY[command.kind].validate_python(command.body)
    if command.kind is Kind.SETTINGS and (told := foreign_orders(work.conn, command.body)):
        raise refuse(Code.IN_USE, told, Fault("/currency", Code.IN_USE, told))
    if command.kind is Kind.SAFETY_STOCK:
        require_places(work.conn, command.body)
    stored = documents.write(work.conn, command.kind, command.id, command.body, work.at)
    if command.kind in _PART:
        require_whole(work.conn, _PART[command.kind], command.id)
    if command.kind in _HOURS:
        node_queue.look_again_now(work.conn, work.at)
    work.emit("network.changed", command.kind, command.id, {"version": stored.version, "network": number})
    return stored


def current_policy(conn: Connection) -> Document:
    """The policy as stored, or the usual one as version 0; its body can be put again."""
    found = documents.read(conn, Kind.POLICY, Kind.POLICY)
    stored = found or Document(
        Kind.POLICY, Kind.POLICY, BODY[Kind.POLICY].dump_python(Policy(), mode="json"), 0, None
    )
    body = {name: value for name, value in stored.body.items() if name not in _NOT_PUT}
    return replace(stored, body=body)


def install_weights(
    work: Work, weights: Mapping[str, float], currency: str, expected: int | None = None
) -> Document:
    """Store the policy with these weights, minor units of ``currency``, its other members as they are.
    ``expected``: as of ``PutDocument``. Raises Refused: version_conflict; invalid for a weight that no policy
    has, or that is no number from 0 up, or another currency.
    """
    for name, value in weights.items():
        if name not in WEIGHTS or type(value) not in (int, float) or not 0 <= value < inf:
            raise refuse(Code.INVALID, "A policy is installed by its weights, each a number from 0 up")
    number = bump(work.conn, NETWORK)  # before the policy is read, so that no other edit comes in between
    ours = read(work.conn)[0].currency
    if currency != ours:
        raise refuse(
            Code.INVALID, f"These weights are in {currency or 'no currency'}, the network is in {ours}"
        )
    body = dict(current_policy(work.conn).body) | dict(weights)
    return _put(work, PutDocument(Kind.POLICY, Kind.POLICY, body, expected), number)


def foreign_orders(conn: Connection, settings: Mapping[str, Any]) -> str:
    """Why the currency cannot become that of these settings: orders, whose amounts nobody converts. Empty
    when it can. Orders on their way are waited for, and new ones wait for the caller's transaction.
    """
    stored = documents.read(conn, Kind.SETTINGS, Kind.SETTINGS)
    wanted = NetworkSettings(**settings).currency
    if stored is not None and NetworkSettings(**stored.body).currency == wanted:
        return ""
    conn.execute(_NO_NEW_ORDERS)
    other = conn.scalar(select(order.c.currency).where(order.c.currency != wanted).limit(1))
    return (
        f"There are orders in {other}; sell in another currency from a database of its own" if other else ""
    )


def delete_document(work: Work, kind: Kind, id: str, expected: int | None = None) -> None:
    """Take a document away. Raises Refused: not_found, version_conflict, in_use."""
    number = bump(work.conn, NETWORK)
    if documents.read(work.conn, kind, id) is None:
        raise not_found(kind.value)
    _same_version(work.conn, kind, id, expected)
    documents.remove(work.conn, kind, id)
    require_whole(work.conn, code=Code.IN_USE)
    work.emit("network.changed", kind, id, {"version": None, "network": number})


def get_document(conn: Connection, kind: Kind, id: str) -> Document:
    """As stored, or the usual one as version 0. Raises Refused: not_found."""
    found = documents.read(conn, kind, id)
    if found is None and kind in USUAL:
        return Document(kind, id, BODY[kind].dump_python(USUAL[kind], mode="json"), 0, None)
    if found is None:
        raise not_found(kind.value)
    return found


def list_documents(conn: Connection, kind: Kind, after: str, limit: int) -> Sequence[Document]:
    return documents.page(conn, kind, after, limit)


def require_whole(conn: Connection, part: str = "", id: str = "", code: Code = Code.INVALID) -> None:
    """Refuse what would leave no whole network, naming every fault. Those inside the edited member of `part`
    are pointed to as in its own body, the others as in the network."""
    spec, _ = read(conn)
    names = [getattr(member, _NAME[part]) for member in getattr(spec, part)] if part in _NAME else []
    inside = f"/{part}/{names.index(id)}" if id in names else ""
    try:
        build_network(spec)
    except NetworkRefused as refused:
        faults = [Fault(_pointer(f.pointer, part, inside), f.code, _words(f.code)) for f in refused.faults]
        if code is Code.INVALID and all(fault.code in _HOLES for fault in faults):
            code = Code.TARIFF_HOLE
        raise refuse(code, "With this change the network would not be whole", *faults) from refused


def _pointer(pointer: str, part: str, inside: str) -> str:
    if inside and (pointer == inside or pointer.startswith(inside + "/")):
        return pointer.removeprefix(inside)
    return pointer if pointer.startswith(f"/{part}/") and not inside else "network" + pointer


_WORDS = {
    "tariff_not_ascending": "This step does not reach further than the one before it",
    "unknown_tariff": "There is no such tariff",
    "unknown_node": "There is no such node",
    "unknown_calendar": "There is no such calendar",
    "unknown_timezone": "Not a time zone of the IANA database, such as Europe/London",
    "unknown_holidays": "The public holidays of this country or subdivision are not known",
}


def _words(code: str) -> str:
    """The fault in words; values stay out of answers. Most names say it themselves."""
    return _WORDS.get(code) or code.replace("_", " ").capitalize()


def require_places(conn: Connection, rules: Mapping[str, Any]) -> None:
    """Refuse rules for nodes or markets that there are not."""
    known = {"node": set(conn.scalars(select(node.c.id))), "market": set(conn.scalars(select(node.c.market)))}
    faults = [
        Fault(f"/rules/{number}/{name}", code, f"There is no such {name}; leave it out to mean any")
        for number, rule in enumerate(rules["rules"])
        for name, code in (("node", Code.UNKNOWN_NODE), ("market", Code.INVALID))
        if rule.get(name) is not None and rule[name] not in known[name]
    ]
    if faults:
        raise refuse(Code.INVALID, "Some rules are for places that there are not", *faults)


def _same_version(conn: Connection, kind: Kind, id: str, expected: int | None) -> None:
    if expected is None:
        return
    found = documents.read(conn, kind, id)
    version = 0 if found is None and kind in USUAL else found and found.version
    if version != expected:
        detail = "The document has changed since it was read; read it again"
        raise refuse(Code.VERSION_CONFLICT, detail, version=version)
