"""One fulfilment order: accepted or rejected, packed, labelled, handed over, followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Response

from api.pages.desk import Desk, at
from api.pages.nodes import rejecting
from api.pages.places import zone_of
from oms.fulfilment.lifecycle import FulfilmentState
from oms.picking.tote import Advice
from oms.reasons import Occasion
from oms.refusals import Code, Fault, Refusal, refuse
from oms.usecases import fulfilment_orders, packing, papers
from oms.views.overview import sku_names
from oms.views.pick_lists import advised

PARCELS_MOST = 9
"""More are packed through the API."""
ORDER = [state.value for state in FulfilmentState]
PDF = "application/pdf"
CARRIER_SAYS = ("in_transit", "out_for_delivery", "attempted", "delivered", "returning", "returned", "lost")

router = APIRouter(include_in_schema=False)

Work = Annotated[Desk, at("/v1/fulfilment-orders/{id}")]


@router.get("/fulfilment-orders/{id}/packing-slip.pdf")
def packing_slip(id: str, desk: Work) -> Response:
    """A packing slip for each parcel."""
    return Response(papers.packing_slip(desk.running, desk.actor, id), media_type=PDF)


@router.get("/fulfilment-orders/{id}/label.pdf")
def label(id: str, desk: Work) -> Response:
    """A label for each parcel."""
    return Response(papers.label(desk.running, desk.actor, id), media_type=PDF)


@router.get("/fulfilment-orders/{id}")
def show_fulfilment_order(id: str, desk: Work) -> Response:
    """Its lines and parcels, and what comes next."""
    return _shown(desk, id)


@router.post("/fulfilment-orders/{id}")
def act_on_fulfilment_order(id: str, desk: Work) -> Response:
    """The next step."""
    return desk.act(_actions(desk, id), lambda no: _shown(desk, id, no))


def _actions(desk: Desk, id: str) -> dict[str, Callable[[], object]]:
    form, job, parcel = desk.form, "/v1/fulfilment-orders/{id}", "/v1/shipments/{id}"
    reason = {"reason": form.text("reason")}

    def moved() -> str:
        made = desk.call(f"{job}/move", {"node": form.text("node")}, id=id)["id"]
        return f"/app/fulfilment-orders/{made}"

    return {
        "accept": lambda: desk.call(f"{job}/accept", {}, id=id),
        "reject": lambda: desk.call(f"{job}/reject", rejecting(desk), id=id),
        "hold": lambda: desk.call(f"{job}/hold", reason, id=id),
        "release": lambda: desk.call(f"{job}/release", {}, id=id),
        "cancel": lambda: desk.call(
            f"{job}/cancel", {"reason": form.some("reason"), "note": form.text("note")}, id=id
        ),
        "move": moved,
        "put_back": lambda: desk.call(f"{job}/put-back", {}, id=id),
        "pack": lambda: desk.call(f"{job}/pack", {}, id=id),
        "pack_apart": lambda: desk.call(f"{job}/pack", {"parcels": _parcels(desk)}, id=id),
        "pack_despite": lambda: desk.call(f"{job}/pack", {"despite_hold": form.text("reason")}, id=id),
        "label": lambda: desk.call(f"{parcel}/label", _label(desk), id=form.text("shipment")),
        "hand_over": lambda: desk.call(f"{job}/hand-over", id=id),
        "carrier": lambda: _carrier_said(desk),
    }


def _parcels(desk: Desk) -> list[dict[str, Any]]:
    """Fields ``units:PARCEL#LINE``: so many units of the line lie in the parcel of that number."""
    lines: dict[str, list[dict[str, Any]]] = {}
    for name, units in desk.form.numbers("units").items():
        parcel, _, line = name.partition("#")
        if units:
            lines.setdefault(parcel, []).append({"id": line, "quantity": units})
    weights = desk.form.numbers("weight")
    return [{"lines": lines[no], "weight_g": weights.get(no)} for no in sorted(lines)]


def _label(desk: Desk) -> dict[str, Any]:
    return {"carrier": desk.form.text("carrier"), "tracking_reference": desk.form.text("tracking_reference")}


def _carrier_said(desk: Desk) -> None:
    """What the carrier says, told by a person. Raises Refused when it cannot be so."""
    id = desk.form.text("once") or desk.once()
    event = {
        "id": id,
        "kind": desk.form.text("kind"),
        "occurred_at": desk.running.clock.now().isoformat(),
        "note": desk.form.text("note"),
    }
    shipment = desk.form.text("shipment")
    (result,) = desk.call("/v1/shipments/{id}/events", {"events": [event]}, id=shipment)["results"]
    if result["result"] == "rejected":
        detail = "That cannot have happened to this parcel now"
        fault = Fault("/kind", result["code"] or Code.ILLEGAL_TRANSITION, detail)
        raise refuse(Code.ILLEGAL_TRANSITION, detail, fault)


def _shown(desk: Desk, id: str, refusal: Refusal | None = None) -> Response:
    job = fulfilment_orders.read(desk.running, desk.actor, id)
    packed: Any = packing.read_shipments(desk.running, desk.actor, id)
    told = [packing.read_shipment(desk.running, desk.actor, one["id"]) for one in packed["shipments"]]
    with desk.running.engine.connect() as conn:
        names = sku_names(conn, [line["sku"] for line in job["lines"]])
        waits = job["state"] == "picked" and advised(desk.running, conn, job["order_id"], id) is Advice.HOLD
    loaded = desk.running.networks.current
    return desk.page(
        "fulfilment_order.html",
        refusal,
        job=job,
        shipments=told,
        names=names,
        waits=waits,
        happened=sorted(job["instants"].items(), key=lambda one: (one[1], ORDER.index(one[0]))),
        zone=zone_of(desk, job["node"]),
        nodes=sorted((node.id, node.name or node.id) for node in loaded.spec.nodes),
        rejects=list(loaded.reasons.of(Occasion.REJECT)),
        cancelling=list(loaded.reasons.of(Occasion.CANCEL)),
        carrier_says=CARRIER_SAYS,
        parcels_most=PARCELS_MOST,
    )
