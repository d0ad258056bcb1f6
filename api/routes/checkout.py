"""Checkout: what can be had, what can be promised, and holding it."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Response
from starlette.concurrency import run_in_threadpool

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.guard import routes
from api.idempotency import OptionalKey
from api.lane import Quick
from api.wire.checkout import (
    AvailabilityAnswer,
    AvailabilityAsk,
    Destination,
    ExtendAsk,
    PromisesAnswer,
    PromisesAsk,
    ReservationAnswer,
    ReservationAsk,
)
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.orders.quote import Wanted, Whereabouts
from oms.refusals import Code, Fault, refuse
from oms.translate import decided_at_once
from oms.usecases import availability, promises, quick_promises, reservations
from oms.usecases.promises import Basket
from oms.usecases.reservations import AtOnce
from oms.work import Answer, Work, answer_once

router: APIRouter = routes("checkout")

ReservationId = Annotated[str, Path(max_length=100)]


@router.post("/v1/availability", response_model=AvailabilityAnswer)
async def ask_availability(body: AvailabilityAsk, caller: Caller, running: Running) -> Response:
    """How many units can be had, by which methods, and when more arrive. Out of memory, at most a second old.

    Nodes are shown to callers who may see them.
    """
    return reply(_availability(body, caller, running))


@router.post("/v1/promises", response_model=PromisesAnswer)
async def ask_promises(body: PromisesAsk, caller: Caller, running: Running, request: OptionalKey) -> Response:
    """The ways a basket can reach its customer. Writes nothing, unless `reserve` asks to hold an option: then
    an Idempotency-Key is required.
    """
    if _only_asks(body, running):
        return Response(_promises(body, caller, running), media_type="application/json")
    basket, own = _basket(body), body.reservation_id
    if own is not None:
        await run_in_threadpool(reservations.require_own, running, caller, own)
    if body.reserve is None:
        return reply(await run_in_threadpool(promises.promise, running, caller, basket, own))
    if request is None:
        fault = Fault("header/idempotency-key", Code.IDEMPOTENCY_KEY_MISSING, "Required with `reserve`")
        raise refuse(Code.IDEMPOTENCY_KEY_MISSING, "Reserving changes something: send the header", fault)
    at_once = AtOnce(body.reserve.option, body.reserve.ttl_s)
    return answer(await reservations.promise_and_reserve(running, caller, request, basket, at_once, own))


@router.post("/v1/reservations", status_code=201, response_model=ReservationAnswer)
async def reserve(
    body: ReservationAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Hold an option's stock, node capacity and courier slot together, for `ttl_s` seconds.

    When the promise no longer stands the problem carries fresh options under `fresh`.
    """
    return answer(
        await reservations.reserve_quoted(running, caller, request, body.quote_id, body.option_id, body.ttl_s)
    )


@router.get("/v1/reservations/{id}", response_model=ReservationAnswer)
def read_reservation(id: ReservationId, caller: Caller, running: Running) -> Response:
    """Whether it still holds, and until when."""
    return reply(reservations.read_reservation(running, caller, id))


@router.post("/v1/reservations/{id}/extend", response_model=ReservationAnswer)
def extend(
    id: ReservationId, body: ExtendAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Hold it `ttl_s` seconds from now, at most four hours after it was made."""

    def work_on(work: Work) -> Answer:
        return Answer.of(200, reservations.extend_reservation(work, id, body.ttl_s))

    return answer(answer_once(running, caller, request, work_on))


@router.post("/v1/reservations/{id}/void", response_model=ReservationAnswer)
def void(id: ReservationId, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Set it free. Voiding what is over already is no fault."""
    return answer(
        answer_once(
            running,
            caller,
            request,
            lambda work: Answer.of(200, reservations.void_reservation(work, id)),
        )
    )


def _availability(body: AvailabilityAsk, caller: Actor, running: Runtime) -> dict[str, Any]:
    ask = availability.Ask(
        skus=tuple(body.skus),
        channel=body.channel,
        methods=tuple(body.methods),
        near=(body.near.lat, body.near.lon) if body.near else None,
        nodes=body.limit_nodes if body.detail == "node" else None,
    )
    return availability.availability(running, caller, ask)


def _availability_told(body: AvailabilityAsk, caller: Actor, running: Runtime) -> bytes:
    """The same, from what is remembered where that will do."""
    told = None
    if body.near is None and body.detail == "total":
        told = availability.totals(running, caller, body.skus, body.channel, body.methods)
    return orjson.dumps(_availability(body, caller, running)) if told is None else told


def _promises(body: PromisesAsk, caller: Actor, running: Runtime) -> bytes:
    told = None
    if body.pickup_node is None and not body.allow_partial:
        where = whereabouts(body.destination)
        told = quick_promises.promise(running, caller, body, where, tuple(body.methods))
    return orjson.dumps(promises.promise(running, caller, _basket(body))) if told is None else told


def _only_asks(body: PromisesAsk, running: Runtime) -> bool:
    """Whether memory knows all it takes (a reservation of one's own lies in the database), and at once."""
    asks = body.reserve is None and body.reservation_id is None
    return asks and decided_at_once(running.pool.catalogue, body.lines)


def _basket(body: PromisesAsk) -> Basket:
    return Basket(
        wanted=tuple(Wanted(line.id, line.sku, line.quantity) for line in body.lines),
        channel=body.channel,
        methods=tuple(dict.fromkeys(body.methods)),
        destination=whereabouts(body.destination),
        pickup_node=body.pickup_node,
        partial=body.allow_partial,
    )


QUICK: dict[tuple[str, str], Quick] = {
    ("POST", "/v1/availability"): Quick(AvailabilityAsk, None, _availability_told),
    ("POST", "/v1/promises"): Quick(PromisesAsk, _only_asks, _promises),
}
"""What `api.lane` answers by itself."""


def whereabouts(destination: Destination | None) -> Whereabouts | None:
    """The body's destination as the domain's value."""
    if destination is None:
        return None
    return Whereabouts(
        destination.country, destination.postcode, destination.city, destination.lat, destination.lon
    )
