"""Couriers' runs: planned by a node, driven stop by stop, and what they bring back."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response

from api.pages import stops
from api.pages.desk import Desk, at
from api.pages.places import couriers_of, nodes_of, only_node, zone_of
from api.pages.render import HEADERS
from oms.actors import Role
from oms.courier.lifecycle import RunState
from oms.courier.proof import PICTURES
from oms.reasons import Occasion
from oms.refusals import Refusal
from oms.store.couriers import ready_for_courier
from oms.usecases import courier_runs, proofs
from oms.views.courier import run_head
from oms.views.overview import sku_names
from oms.work import transact

ROWS = 50
WAITING = 100
HASH = "^[0-9a-f]{64}$"

router = APIRouter(include_in_schema=False)

Road = Annotated[Desk, at("/v1/courier/runs", files=len(PICTURES))]
Short = Annotated[str, Query(max_length=100)]


@router.get("/runs")
def show_runs(desk: Road, node: Short = "", state: Short = "") -> Response:
    """Runs, the newest first: a courier's own, a node's."""
    return _listed(desk, node, state)


@router.post("/runs")
def plan(desk: Road, node: Short = "", state: Short = "") -> Response:
    """Plan a run."""

    def planned() -> str:
        chosen = desk.form.all("fulfilment_order")
        body: dict[str, Any] = {"node": desk.form.text("node"), "courier": desk.form.text("courier")}
        if chosen:
            body["fulfilment_orders"] = chosen
        return address_of(desk.call("/v1/courier/runs", body)["id"])

    return desk.act({"plan": planned}, lambda no: _listed(desk, node, state, no))


@router.get("/runs/{id}")
def show_run(id: str, desk: Road) -> Response:
    """One run with its stops."""
    return _shown(desk, id)


@router.post("/runs/{id}")
def act_on_run(id: str, desk: Road) -> Response:
    """A step of the run, or of one of its stops."""
    run, form = "/v1/courier/runs/{id}", desk.form
    actions = {
        "start": lambda: desk.call(f"{run}/start", id=id),
        "end": lambda: desk.call(f"{run}/end", id=id),
        "cancel": lambda: desk.call(f"{run}/cancel", id=id),
        "add": lambda: desk.call(f"{run}/stops", {"add": form.all("fulfilment_order")}, id=id),
        "remove": lambda: desk.call(f"{run}/stops", {"remove": [form.text("stop")]}, id=id),
        "reckon": lambda: _shown(desk, id),
    }
    return desk.act(actions | stops.actions(desk), lambda no: _shown(desk, id, no))


@router.get("/runs/{id}/proofs/{stop}/{sha256}")
def show_proof(id: str, stop: str, sha256: Annotated[str, Path(pattern=HASH)], desk: Road) -> Response:
    """A picture taken at the door."""
    kind, content = transact(desk.running, desk.actor, lambda work: proofs.read_proof(work, stop, sha256))
    return Response(content, headers=HEADERS, media_type=kind)


def address_of(id: str) -> str:
    """Of the page of a run."""
    return f"/app/runs/{quote(id, safe='')}"


def _listed(desk: Desk, node: str, state: str, refusal: Refusal | None = None) -> Response:
    place = node or only_node(desk.actor)
    states = [one.value for one in RunState]
    wanted = state if state in states else None
    rows = transact(
        desk.running,
        desk.actor,
        lambda work: courier_runs.list_runs(work, None, ROWS, place or None, None, wanted),
    )
    waiting: list[str] = []
    couriers: list[tuple[str, str]] = []
    if place and desk.actor.role is not Role.COURIER:
        with desk.running.engine.connect() as conn:
            waiting = ready_for_courier(conn, place, WAITING)
        couriers = couriers_of(desk.running.keys, place)
    return desk.page(
        "runs.html",
        refusal,
        runs=[run_head(run) for run in rows[:ROWS]],
        nodes=nodes_of(desk),
        states=states,
        zone=zone_of(desk, place),
        asked={"node": place, "state": wanted},
        waiting=waiting,
        couriers=couriers,
        called={key.id: key.name or key.id for key in desk.running.keys.couriers()},
    )


def _shown(desk: Desk, id: str, refusal: Refusal | None = None) -> Response:
    run = transact(desk.running, desk.actor, lambda work: courier_runs.read_run(work, id))
    skus = [line["sku"] for stop in run["stops"] for line in stop["lines"]]
    reasons = desk.running.networks.current.reasons
    staff = desk.actor.role is not Role.COURIER
    with desk.running.engine.connect() as conn:
        names = sku_names(conn, skus)
        waiting = ready_for_courier(conn, run["node"], WAITING) if staff else []
    return desk.page(
        "run.html",
        refusal,
        run=run,
        zone=zone_of(desk, run["node"]),
        names=names,
        staff=staff,
        waiting=waiting,
        nodes=nodes_of(desk),
        called={key.id: key.name or key.id for key in desk.running.keys.couriers()},
        failures=list(reasons.of(Occasion.FAILURE)),
        refusals=list(reasons.of(Occasion.REFUSAL)),
        proof=desk.running.networks.current.work.proof,
        steps=stops.STEPS,
        at_stop=stops.STANDS,
        kept=stops.ticked(desk),
        reckoned=stops.reckoned(desk, run) if refusal is None else None,
    )
