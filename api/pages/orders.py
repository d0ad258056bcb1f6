"""Orders: what became of them, why they went where they went, and what customer care does with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Response

from api.pages.changing import confirmed, destination, preview
from api.pages.desk import Desk, at
from api.pages.drawing import lay_out
from oms.orders.order import OrderStatus
from oms.orders.possible import CHANGES
from oms.reasons import Occasion
from oms.refusals import Code, Refusal, refuse
from oms.store.node_work import question_of, unroutable_of
from oms.usecases import order_reading
from oms.usecases.return_reading import Filter, list_returns
from oms.usecases.returnable import returnable_of
from oms.views.overview import sku_names
from routing.geo import geodesic_m
from routing.network_spec import NodeSpec

ROWS = 50
PREVIEW = "change.html"

router = APIRouter(include_in_schema=False)

Care = Annotated[Desk, at("/v1/orders")]
Short = Annotated[str, Query(max_length=200)]


@router.get("/orders")
def show_orders(desk: Care, status: Short = "", after: Short = "", id: Short = "") -> Response:
    """Orders, newest first; ``id``: go to one."""
    if id.strip():
        return desk.to("/app/orders/" + quote(id.strip(), safe=""))
    known = [one.value for one in OrderStatus]
    wanted = status if status in known else None
    key = after.split("~", 1) if "~" in after else None
    rows = order_reading.list_orders(desk.running, desk.actor, key, ROWS, wanted)
    shown = rows[:ROWS]
    more = None
    if len(rows) > ROWS:
        last = f"{shown[-1]['placed_at'].isoformat()}~{shown[-1]['id']}"
        more = urlencode({"status": status, "after": last})
    return desk.page("orders.html", orders=shown, statuses=known, status=wanted, more=more)


@router.get("/orders/{id}")
def show_order(id: str, desk: Care) -> Response:
    """One order: lines by stage, parcels, money, holds, what happened, and the decisions in plain words."""
    return _shown(desk, id)


@router.post("/orders/{id}")
def act_on_order(id: str, desk: Care) -> Response:
    """What customer care does with it."""
    return desk.act(_actions(desk, id), lambda no: _shown(desk, id, no))


def _shown(desk: Desk, id: str, refusal: Refusal | None = None) -> Response:
    _, order = order_reading.read_order(desk.running, desk.actor, id, None)
    decided = order_reading.decisions(desk.running, desk.actor, id)["decisions"]
    with desk.running.engine.connect() as conn:
        names = sku_names(conn, [line["sku"] for line in order["lines"]])
        question = question_of(conn, id)
        stuck = unroutable_of(conn, id)
    loaded = desk.running.networks.current
    nodes = {node.id: node for node in loaded.spec.nodes}
    return desk.page(
        "order.html",
        refusal,
        order=order,
        decided=decided,
        names=names,
        question=question,
        stuck=stuck,
        nodes=nodes,
        stores=[(id, node.name or id) for id, node in sorted(nodes.items()) if "pickup" in node.methods],
        route=_route(order, nodes),
        returns=list_returns(desk.running, desk.actor, Filter(order_id=id), None, ROWS),
        cancelling=list(loaded.reasons.of(Occasion.CANCEL)),
        returnable=returnable_of(desk.running, id),
        returning=list(loaded.reasons.of(Occasion.RETURN)),
    )


def _actions(desk: Desk, id: str) -> dict[str, Callable[[], object]]:
    form, order = desk.form, "/v1/orders/{id}"
    return {
        "cancel": lambda: desk.call(f"{order}/cancel", _cancelling(desk), id=id),
        "hold": lambda: desk.call(f"{order}/holds", {"hold": form.text("hold")}, id=id),
        "release": lambda: desk.call(f"{order}/holds", {"hold": form.text("hold"), "remove": True}, id=id),
        "answer": lambda: desk.call(f"{order}/promise", {"accept": form.text("accept") == "yes"}, id=id),
        "address": lambda: preview(desk, id, "address", {"destination": destination(desk)}, PREVIEW),
        "method": lambda: preview(desk, id, "method", _method(desk), PREVIEW),
        "lines": lambda: preview(desk, id, "lines", {"lines": _lines(desk)}, PREVIEW),
        "confirm": lambda: confirmed(desk, id, CHANGES),
        "pay": lambda: desk.call(f"{order}/payments", {"payments": [_payment(desk)]}, id=id),
        "refund": lambda: _refund(desk),
        "return": lambda: _returned(desk, id),
    }


def _cancelling(desk: Desk) -> dict[str, Any]:
    units = desk.form.numbers("units")
    body: dict[str, Any] = {"reason": desk.form.some("reason"), "note": desk.form.text("note")}
    if desk.form.text("what") == "lines":
        body["lines"] = [{"id": line, "quantity": n} for line, n in units.items() if n]
    return body


def _method(desk: Desk) -> dict[str, Any]:
    body: dict[str, Any] = {"method": desk.form.text("method")}
    if body["method"] == "pickup":
        body["pickup_node"] = desk.form.some("pickup_node")
    elif desk.form.text("postcode"):
        body["destination"] = destination(desk)
    return body


def _lines(desk: Desk) -> list[dict[str, Any]]:
    before = dict(desk.form.named("was"))
    after = desk.form.numbers("to")
    changed = [{"id": id, "quantity": n} for id, n in after.items() if str(n) != before.get(id)]
    if not changed:
        raise refuse(Code.INVALID, "Nothing differs from what was ordered")
    return changed


def _payment(desk: Desk) -> dict[str, Any]:
    form = desk.form
    return {
        "kind": form.text("kind"),
        "method": form.text("method"),
        "amount_minor": form.minor("amount", form.text("currency")),
        "reference": form.some("reference"),
        "refund_id": form.some("refund"),
    }


def _refund(desk: Desk) -> Any:
    step = desk.form.text("step")
    if step not in ("send", "fail", "void"):
        raise refuse(Code.MALFORMED, "A refund is sent, failed or given up")
    body = {"reference": desk.form.some("reference")}
    return desk.call(f"/v1/refunds/{{id}}/{step}", body, id=desk.form.text("refund"))


def _returned(desk: Desk, id: str) -> str:
    form = desk.form
    more = {"reason": form.some("reason"), "note": form.text("note"), "condition": form.some("condition")}
    lines = [{"order": id, "line": line, "quantity": n, **more} for line, n in form.numbers("units").items()]
    body = {"method": form.text("method"), "exception": form.text("exception")}
    made = desk.call("/v1/returns", {**body, "lines": [line for line in lines if line["quantity"]]})
    return f"/app/returns/{quote(made['id'], safe='')}"


def _route(order: dict[str, Any], nodes: dict[str, NodeSpec]) -> dict[str, Any] | None:
    """The parcels' nodes and where they go, laid out on a sheet; ``apart``: metres between, by node."""
    used = [nodes[name] for name in dict.fromkeys(p["node"] for p in order["parcels"]) if name in nodes]
    where = order["destination"] or {}
    goal = nodes.get(order["promise"]["pickup_node"] or "")
    lat, lon = (goal.lat, goal.lon) if goal else (where.get("lat"), where.get("lon"))
    if not used or lat is None or lon is None:
        return None
    apart = {node.id: geodesic_m(node.lat, node.lon, lat, lon) for node in used if node is not goal}
    sheet = lay_out([(node.lat, node.lon) for node in used] + [(lat, lon)], [1.0] * (len(used) + 1))
    dots = list(zip(used, sheet.dots, strict=False))
    return {"sheet": sheet, "from": dots, "to": sheet.dots[-1], "apart": apart}
