"""Goods on their way to a node: a supplier's delivery or a transfer, sent off, received, inspected."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from api.pages.desk import Desk, at
from api.pages.places import zone_of
from api.pages.stops import verdicts
from inventory.read_documents import (
    InboundShown,
    TransferLineShown,
    TransferShown,
    inbounds_to,
    to_inspect,
    transfers_from,
    transfers_to,
)
from oms.refusals import Code, Fault, Refusal, refuse
from oms.usecases import on_the_way
from oms.views.overview import sku_names
from oms.work import transact

OTHERS = 50
"""Documents of each kind at a node."""
AT_ONCE = 100
"""SKUs in one form: a large delivery is received and inspected in several."""
FEW = 10
"""SKUs of a transfer that is received on the node's own page."""
FIELDS: Mapping[str, str] = {"inspection": "inspect", "damaged": "damaged"}
"""Where units lie that did not go to the shelf, and the fields that count them."""

router = APIRouter(include_in_schema=False)

Inbound = Annotated[Desk, at("/v1/inbound/{id}")]
Transfer = Annotated[Desk, at("/v1/transfers/{id}")]


@router.get("/inbound/{id}")
def show_inbound(id: str, desk: Inbound) -> Response:
    """A supplier's delivery: what was announced, what came, what waits in inspection."""
    return _inbound(desk, id)


@router.post("/inbound/{id}")
def act_on_inbound(id: str, desk: Inbound) -> Response:
    """It arrives, or leaves inspection."""
    return desk.act(_actions(desk, "/v1/inbound/{id}", id), lambda no: _inbound(desk, id, no))


@router.get("/transfers/{id}")
def show_transfer(id: str, desk: Transfer) -> Response:
    """A transfer: what left, what came, what waits in inspection."""
    return _transfer(desk, id)


@router.post("/transfers/{id}")
def act_on_transfer(id: str, desk: Transfer) -> Response:
    """It leaves, arrives, or leaves inspection."""
    return desk.act(_actions(desk, "/v1/transfers/{id}", id), lambda no: _transfer(desk, id, no))


def goods_at(conn: Connection, node: str) -> dict[str, Any]:
    """What a node has to send off, to receive and to inspect."""
    coming = transfers_to(conn, node, OTHERS)
    return {
        "coming": [(one, [row for row in by_sku(one) if row["outstanding"]]) for one in coming],
        "deliveries": inbounds_to(conn, node, OTHERS),
        "leaving": transfers_from(conn, node, OTHERS),
        "to_inspect": to_inspect(conn, node, OTHERS),
        "few": FEW,
    }


def by_sku(document: InboundShown | TransferShown) -> list[dict[str, Any]]:
    """Its goods as they are received and inspected: a SKU stands there once."""
    rows: dict[str, dict[str, Any]] = {}
    for line in document.lines:
        row = rows.setdefault(line.sku, {"sku": line.sku, "announced": 0, "sent": 0})
        row["announced"] += line.quantity
        row["sent"] += line.shipped if isinstance(line, TransferLineShown) else line.quantity
        row |= {"received": line.received, "uninspected": line.uninspected}
    return [row | {"outstanding": max(0, row["sent"] - row["received"])} for row in rows.values()]


def received(desk: Desk) -> dict[str, Any]:
    """What arrived, by SKU, and where it lies: what is damaged or to be inspected stands in fields of its
    own. Raises Refused bad_quantity.
    """
    came = desk.form.numbers("units")
    apart = {area: desk.form.numbers(name) for area, name in FIELDS.items()}
    lines = []
    for sku, units in came.items():
        lying = {area: some.get(sku, 0) for area, some in apart.items()}
        shelf = units - sum(lying.values())
        if shelf < 0:
            fault = Fault(f"/units/{sku}", Code.BAD_QUANTITY, "Not so many of it arrived")
            raise refuse(Code.BAD_QUANTITY, "More is damaged or to be inspected than arrived", fault)
        lines += [{"sku": sku, "quantity": n, "area": area} for area, n in lying.items() if n]
        lines += [{"sku": sku, "quantity": shelf, "area": "shelf"}] if shelf else []
    return {"lines": lines, "close": desk.form.text("close") == "yes"}


def _actions(desk: Desk, one: str, id: str) -> dict[str, Callable[[], object]]:
    return {
        "receive": lambda: desk.call(f"{one}/receive", received(desk), id=id),
        "inspect": lambda: desk.call(f"{one}/inspect", {"lines": verdicts(desk, "sku")}, id=id),
        "ship": lambda: desk.call(f"{one}/ship", {}, id=id),
        "cancel": lambda: desk.call(f"{one}/cancel", id=id),
    }


def _inbound(desk: Desk, id: str, refusal: Refusal | None = None) -> Response:
    found = transact(desk.running, desk.actor, lambda work: on_the_way.get_inbound(work, id))
    return _shown(desk, found, found.node, refusal, receives=found.state == "open")


def _transfer(desk: Desk, id: str, refusal: Refusal | None = None) -> Response:
    found = transact(desk.running, desk.actor, lambda work: on_the_way.get_transfer(work, id))
    receiver = desk.actor.may_node(found.to_node)
    return _shown(
        desk,
        found,
        found.to_node if receiver else found.from_node,
        refusal,
        sends=found.state == "planned" and desk.actor.may_node(found.from_node),
        receives=found.state == "shipped" and receiver,
        inspects=receiver,
    )


def _shown(
    desk: Desk,
    document: InboundShown | TransferShown,
    node: str,
    refusal: Refusal | None,
    *,
    sends: bool = False,
    receives: bool = False,
    inspects: bool = True,
) -> Response:
    """``node``: where the caller stands."""
    rows = by_sku(document)
    due = [row for row in rows if row["outstanding"]]
    lying = [row for row in rows if row["uninspected"]] if inspects else []
    with desk.running.engine.connect() as conn:
        names = sku_names(conn, [row["sku"] for row in rows])
    return desk.page(
        "delivery.html",
        refusal,
        one=document,
        node=node,
        zone=zone_of(desk, node),
        supplied=isinstance(document, InboundShown),
        rows=rows,
        names=names,
        sends=sends,
        receives=receives,
        due=due,
        lying=lying,
        at_once=AT_ONCE,
    )
