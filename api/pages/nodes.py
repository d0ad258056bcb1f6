"""A node at work: its queue, pick lists, put-backs, carriers, arrivals, and what waits at its counter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Response

from api.pages import deliveries
from api.pages.desk import Desk, at
from api.pages.places import nodes_of, only_node, zone_of
from api.pages.stops import verdicts
from oms.fulfilment.job import AT_THE_NODE
from oms.fulfilment.lifecycle import FulfilmentState
from oms.reasons import Occasion
from oms.refusals import Code, Refusal, refuse
from oms.store.shipments import shipments_to_inspect
from oms.usecases import pick_lists
from oms.usecases.pickups import Wanted, list_pickups
from oms.usecases.return_reading import Filter, list_returns
from oms.usecases.safety_runs import node_run
from oms.views.fulfilment_orders import queue
from oms.views.overview import overview, sku_names

ROWS = 100
OTHERS = 50
"""Rows of each list beside the queue."""
STATES = [state.value for state in FulfilmentState]

router = APIRouter(include_in_schema=False)

Node = Annotated[Desk, at("/v1/nodes/{id}/fulfilment-orders")]
Short = Annotated[str, Query(max_length=200)]


@router.get("/nodes")
def show_nodes(desk: Node) -> Response:
    """The caller's nodes and what they have to do; who works at one goes straight there."""
    only = only_node(desk.actor)
    if only:
        return desk.to(address_of(only))
    with desk.running.reads.connect() as conn:
        seen = overview(conn)
    return desk.page("nodes.html", nodes=[node for node in seen.nodes if desk.actor.may_node(node.id)])


@router.get("/nodes/{id}")
def show_node(id: str, desk: Node, state: Short = "", after: Short = "") -> Response:
    """What a node has to do, what must leave first before the others."""
    return _shown(desk, id, state, after)


@router.post("/nodes/{id}")
def act_at_node(id: str, desk: Node, state: Short = "", after: Short = "") -> Response:
    """Something that a node does."""
    return desk.act(_actions(desk, id), lambda no: _shown(desk, id, state, after, no))


def address_of(id: str) -> str:
    """Of the page of a node."""
    return f"/app/nodes/{quote(id, safe='')}"


def rejecting(desk: Desk) -> dict[str, Any]:
    """Why a fulfilment order is rejected."""
    return {"reason": desk.form.text("reason"), "note": desk.form.text("note")}


def _actions(desk: Desk, id: str) -> dict[str, Callable[[], object]]:
    form, job = desk.form, "/v1/fulfilment-orders/{id}"
    which = form.text("job")
    return {
        "accept": lambda: desk.call(f"{job}/accept", {}, id=which),
        "reject": lambda: desk.call(f"{job}/reject", rejecting(desk), id=which),
        "put_back": lambda: desk.call(f"{job}/put-back", {}, id=which),
        "wave": lambda: _wave(desk, id),
        "manifest": lambda: desk.call("/v1/nodes/{id}/manifests", {"carrier": form.some("carrier")}, id=id),
        "inspect": lambda: desk.call(
            "/v1/shipments/{id}/inspect", {"lines": verdicts(desk)}, id=form.text("shipment")
        ),
        "arrived": lambda: desk.call(
            "/v1/transfers/{id}/receive", deliveries.received(desk), id=form.text("transfer")
        ),
    }


def _wave(desk: Desk, id: str) -> str:
    """Build lists; with one of them one goes there at once. Raises Refused where nothing is due."""
    form = desk.form
    body = {"node": id, "max_orders": form.number("orders"), "method": form.some("method")}
    made = desk.call("/v1/pick-waves", body)["pick_lists"]
    if not made:
        detail = "Nothing is accepted that is on no pick list yet; accept something first"
        raise refuse(Code.INVALID, detail)
    if len(made) > 1:
        return address_of(id)
    return f"/app/pick-lists/{quote(made[0]['id'], safe='')}"


def _shown(desk: Desk, id: str, state: str, after: str, refusal: Refusal | None = None) -> Response:
    running, actor = desk.running, desk.actor
    actor.must_see(actor.may_node(id) and id in running.pool.catalogue.nodes, "node")
    states = [state] if state in STATES else [one.value for one in AT_THE_NODE]
    loaded = running.networks.current
    with running.engine.connect() as conn:
        now = running.clock.now()
        rows = queue(conn, id, states, _after(after), ROWS, now, loaded.work.minutes)
        goods = deliveries.goods_at(conn, id)
        safety = node_run(conn, actor, id)
        skus = [line["sku"] for row in rows for line in row["lines"]]
        skus += [row["sku"] for _, some in goods["coming"] for row in some]
        came_back = shipments_to_inspect(conn, id, OTHERS)
        skus += [line.sku for one in came_back for line in one.parcel.lines]
        names = sku_names(conn, skus)
    shown, more = rows[:ROWS], None
    if len(rows) > ROWS:
        more = urlencode(
            {"state": state, "after": f"{shown[-1]['must_leave_by'].isoformat()}~{shown[-1]['id']}"}
        )
    walks = [
        one
        for kind in ("open", "claimed")
        for one in pick_lists.list_lists(running, actor, id, kind, None, OTHERS)
    ]
    return desk.page(
        "node.html",
        refusal,
        node=id,
        name=dict(nodes_of(desk)).get(id, id),
        now=now,
        zone=zone_of(desk, id),
        state=state if state in STATES else "",
        states=STATES,
        jobs=shown,
        more=more,
        names=names,
        backlog_minutes=sum(row["minutes"] for row in shown),
        lists=walks,
        put_backs=pick_lists.list_put_backs(running, actor, id, None, OTHERS),
        **goods,
        safety=safety,
        came_back=came_back,
        pickups=list_pickups(running, actor, Wanted(node=id), "", OTHERS),
        returns=list_returns(running, actor, Filter(node=id, state="received"), None, OTHERS),
        rejects=list(loaded.reasons.of(Occasion.REJECT)),
    )


def _after(key: str) -> tuple[datetime, str] | None:
    at, _, id = key.partition("~")
    try:
        return (datetime.fromisoformat(at), id) if id else None
    except ValueError as error:
        raise refuse(Code.MALFORMED, "The address is not one of this list") from error
