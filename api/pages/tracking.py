"""What a customer sees of an order, and may do, by the signed link alone.

Without the order's token there is nothing: an order that exists and one that does not look the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from api.pages import ways
from api.pages.desk import Desk, running_of
from api.pages.forms import Form, form_of
from api.pages.places import zone_of
from oms.actors import Actor, Role
from oms.adapters.signer import BadToken
from oms.orders.possible import possible
from oms.orders.stages import Stage
from oms.reasons import Occasion
from oms.refusals import Code, Refusal, not_found, refuse
from oms.returns.policy import RULES
from oms.steps.recording import ORDER
from oms.store.fulfilments import fulfilments_of
from oms.store.node_work import question_of
from oms.store.orders import load_order
from oms.usecases import order_reading
from oms.usecases.return_reading import Filter, list_returns
from oms.usecases.returnable import returnable_of
from oms.views.overview import sku_names

RETURNS = 50
SAID: tuple[tuple[str, tuple[Stage, ...]], ...] = (
    ("ready to be collected", (Stage.READY_FOR_PICKUP,)),
    ("on the way", (Stage.IN_TRANSIT,)),
    ("being prepared", (Stage.ROUTED, Stage.PICKING, Stage.PICKED, Stage.PACKED)),
    ("waiting for stock", (Stage.BACKORDERED, Stage.UNROUTED)),
    ("on the way back to us", (Stage.RETURNING,)),
    ("with you", (Stage.DELIVERED,)),
    ("not taken", (Stage.REFUSED,)),
    ("lost on the way", (Stage.LOST,)),
    ("cancelled", (Stage.CANCELLED,)),
)
"""Stages in a customer's words, what matters most first."""
PARCEL: Mapping[str, str] = {
    "out_for_delivery": "Comes today",
    "delivered": "Delivered",
    "attempted": "They came and found nobody; they try again",
    "returning": "On its way back to us",
    "returned": "Back with us",
    "lost": "Lost on the way",
}
"""States of a parcel that has left; any other is on the way."""
RETURN: Mapping[str, str] = {
    "requested": "We look at what you ask and tell you",
    "approved": "Agreed: please send it",
    "declined": "We cannot take this back",
    "in_transit": "On its way to us",
    "received": "With us; we look at it",
    "inspected": "We have looked at it",
    "closed": "Done",
    "cancelled": "You keep it",
}
"""States of a return."""

router = APIRouter(include_in_schema=False)

Token = Annotated[str, Query(max_length=500)]


async def _customer(request: Request, order: str, token: Token = "") -> Desk:
    """The customer of this order, by its token. Raises Refused not_found."""
    running = running_of(request)
    try:
        known = running.signer.read(ORDER, token) == order
    except BadToken:
        known = False
    if not known:
        raise not_found("order, or the link is not complete")
    form = await form_of(request) if request.method == "POST" else Form()
    actor = Actor("customer", f"customer:{order}", Role.STOREFRONT)
    address = f"{request.url.path}?{request.url.query}"
    return Desk(actor, running, request.app.state.posts, address, form)


Customer = Annotated[Desk, Depends(_customer)]


@router.get("/{order}")
def show_tracking(order: str, desk: Customer, token: Token = "") -> Response:
    """Where the order is, in plain words."""
    return _shown(_of_its_channel(desk, order), order, token)


@router.post("/{order}")
def act_as_customer(order: str, desk: Customer, token: Token = "") -> Response:
    """What a customer may do: change how it comes, cancel, say that one has come, send something back."""
    desk = _of_its_channel(desk, order)
    form = desk.form
    actions = {
        "cancel": lambda: desk.call("/v1/orders/{id}/cancel", {}, id=order),
        "cancel_lines": lambda: desk.call("/v1/orders/{id}/cancel", {"lines": _units(desk)}, id=order),
        "answer": lambda: desk.call(
            "/v1/orders/{id}/promise", {"accept": form.text("accept") == "yes"}, id=order
        ),
        "arrived": lambda: desk.call("/v1/pickups/{id}/arrived", {"token": token}, id=form.text("pickup")),
        "return": lambda: desk.call("/v1/returns", _return(desk, order, token)),
        "keep": lambda: desk.call("/v1/returns/{id}/cancel", {}, id=form.text("return"), token=token),
    }
    _, found = order_reading.read_order(desk.running, desk.actor, order, token)
    changes = ways.actions(desk, found, _zone(desk, found))
    return desk.act(actions | changes, lambda no: _shown(desk, order, token, no))


def _of_its_channel(desk: Desk, order_id: str) -> Desk:
    """The customer acts through the channel the order came through. Raises Refused not_found."""
    with desk.running.engine.connect() as conn:
        order = load_order(conn, order_id)
    if order is None:
        raise not_found("order, or the link is not complete")
    return replace(desk, actor=replace(desk.actor, channels=frozenset({order.channel})))


def _shown(desk: Desk, order_id: str, token: str, refusal: Refusal | None = None) -> Response:
    _, order = order_reading.read_order(desk.running, desk.actor, order_id, token)
    with desk.running.engine.connect() as conn:
        names = sku_names(conn, [line["sku"] for line in order["lines"]])
        question = question_of(conn, order_id)
        stored = load_order(conn, order_id)
    assert stored is not None, "an order is never deleted"
    sent_back, kept = _returnable(desk, order_id)
    loaded = desk.running.networks.current
    nodes = {node.id: node.name or node.id for node in loaded.spec.nodes}
    lines = {line["id"]: names.get(line["sku"], line["sku"]) for line in order["lines"]}
    answer = desk.page(
        "track.html",
        None if refusal is None else ways.plain(refusal, lines),
        order=order,
        names=names,
        zone=_zone(desk, order),
        names_of_lines=lines,
        store=nodes.get(order["promise"]["pickup_node"] or "", ""),
        said=[_said(line) for line in order["lines"]],
        all=_said_together(order),
        possible=possible(stored) | {"return": sent_back},
        kept=kept,
        late=stored.promise.window_to is not None and stored.promise.window_to < desk.running.clock.now(),
        ways=ways.ways(desk, order),
        parcel_words=PARCEL,
        return_words=RETURN,
        question=question,
        returns=list_returns(desk.running, desk.actor, Filter(order_id=order_id), None, RETURNS)[:RETURNS],
        reasons=list(loaded.reasons.of(Occasion.RETURN)),
    )
    answer.headers.update(ways.UNLISTED)
    return answer


def _returnable(desk: Desk, order_id: str) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """(lines that the customer may ask to send back, (line, why not) of those the policy would refuse)."""
    rows = returnable_of(desk.running, order_id)
    refuses = desk.running.networks.current.returns.on_breach == "refuse"
    offered = [row for row in rows if not (refuses and row["breaches"])]
    kept = [(row["line"], RULES[row["breaches"][0]]) for row in rows if refuses and row["breaches"]]
    return [{"id": row["line"], "quantity": row["returnable"]} for row in offered], kept


def _zone(desk: Desk, order: Mapping[str, Any]) -> str:
    """That of the store it is collected at, else of whoever sends it."""
    with desk.running.engine.connect() as conn:
        jobs = fulfilments_of(conn, order["id"])
    return zone_of(desk, order["promise"]["pickup_node"] or (jobs[-1].node if jobs else None))


def _said(line: dict[str, Any]) -> list[tuple[int, str]]:
    """(units, where they are) of a line."""
    found = [(sum(line[stage.value] for stage in stages), words) for words, stages in SAID]
    return [(units, words) for units, words in found if units]


def _said_together(order: dict[str, Any]) -> str:
    """What is said of the whole order: what matters most of it."""
    units = Counter[str]()
    for line in order["lines"]:
        units.update({words: n for n, words in _said(line)})
    return next((words for words, _ in SAID if units[words]), "being prepared")


def _units(desk: Desk) -> list[dict[str, Any]]:
    """Units by line. Raises Refused invalid where none are named."""
    found = [{"id": line, "quantity": n} for line, n in desk.form.numbers("units").items() if n]
    if not found:
        raise refuse(Code.INVALID, "Please say how many of what")
    return found


def _return(desk: Desk, order: str, token: str) -> dict[str, Any]:
    form = desk.form
    more = {"order": order, "reason": form.some("reason"), "note": form.text("note")}
    lines = [{"line": one["id"], "quantity": one["quantity"], **more} for one in _units(desk)]
    return {"method": form.text("method"), "order_tokens": [token], "lines": lines}
