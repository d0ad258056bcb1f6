"""Picking: lists built from what is due, claimed, walked task by task; and what is put back."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from api.deps import Caller, IdempotencyKey, Running, answer, reply
from api.guard import routes
from api.paging import Paging, page_of
from api.wire import picking as wire
from api.wire.base import Id
from oms.refusals import Code, Fault, refuse
from oms.usecases import pick_lists, pick_shorts, picking
from oms.usecases.pick_lists import Wave
from oms.usecases.pick_shorts import Lacking
from oms.usecases.picking import Picked

router: APIRouter = routes("picking")

OneId = Annotated[Id, Path()]
TaskNo = Annotated[int, Path(ge=1, le=10_000)]
ListState = Literal["open", "claimed", "done", "cancelled"]


@router.post("/v1/pick-waves", status_code=201, response_model=wire.WaveAnswer)
def build_wave(body: wire.WaveAsk, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Build pick lists from what a node has accepted and nobody picks yet, the most urgent first."""
    wave = Wave(body.node, body.max_lists, body.max_orders, body.max_units, body.max_totes, body.method)
    return answer(pick_lists.build_wave(running, caller, request, wave))


@router.get("/v1/pick-lists", response_model=wire.PickListPage)
def list_lists(
    caller: Caller,
    running: Running,
    request: Request,
    page: Paging,
    node: Annotated[Id | None, Query(description="Only lists of this node")] = None,
    state: Annotated[ListState | None, Query(description="Only lists of this state")] = None,
) -> Response:
    """Pick lists without their tasks, the oldest first."""
    after = page.key(str, str)
    rows = pick_lists.list_lists(running, caller, node, state, after, page.limit + 1)
    return page_of(
        request, page, rows, lambda row: row, lambda row: [row["created_at"].isoformat(), row["id"]]
    )


@router.get("/v1/pick-lists/{id}", response_model=wire.PickListView)
def read_list(id: OneId, caller: Caller, running: Running) -> Response:
    """A pick list in walking order."""
    return reply(pick_lists.read_list(running, caller, id))


@router.post("/v1/pick-lists/{id}/claim", response_model=wire.PickListView)
def claim(id: OneId, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Take a list to walk it. One picker gets it; picking of its fulfilment orders begins."""
    return answer(pick_lists.claim_list(running, caller, request, id))


@router.post("/v1/pick-lists/{id}/release", response_model=wire.PickListView)
def release(id: OneId, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Give a claimed list back as it is, for another picker to go on."""
    return answer(pick_lists.release_list(running, caller, request, id))


@router.post("/v1/pick-lists/{id}/cancel", response_model=wire.PickListView)
def cancel(id: OneId, caller: Caller, running: Running, request: IdempotencyKey) -> Response:
    """Take a list apart that nobody has begun to walk; its fulfilment orders wait for the next wave."""
    return answer(pick_lists.cancel_list(running, caller, request, id))


@router.post("/v1/pick-lists/{id}/tasks/{no}/pick", response_model=wire.TaskOutcome)
def pick(
    id: OneId, no: TaskNo, body: wire.PickAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Units of the task lie in the tote, all or some of them. A wrong barcode picks nothing."""
    return answer(picking.pick_units(running, caller, request, id, no, _found(body)))


@router.post("/v1/pick-lists/{id}/tasks/{no}/short", response_model=wire.TaskOutcome)
def fall_short(
    id: OneId, no: TaskNo, body: wire.ShortAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Units of the task are not to be had. The shelf is corrected by the reason's rule and blocked until
    counted, the units look for another home at once, and the answer says what to do with the tote.
    """
    lacking = Lacking(body.quantity, body.reason, body.note)
    return answer(pick_shorts.fall_short(running, caller, request, id, no, lacking))


@router.post("/v1/pick-lists/{id}/tasks/{no}/substitute", response_model=wire.TaskOutcome)
def substitute(
    id: OneId, no: TaskNo, body: wire.SubstituteAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Something else lies in the tote instead: only from the SKU's list of substitutes, and only where the
    order says its customer agreed. The customer pays the lower of both prices.
    """
    lacking, found = Lacking(body.quantity, body.reason, body.note), _found(body)
    return answer(pick_shorts.substitute(running, caller, request, id, no, lacking, body.sku, found))


@router.get("/v1/nodes/{id}/put-backs", response_model=wire.PutBackPage)
def list_put_backs(id: OneId, caller: Caller, running: Running, request: Request, page: Paging) -> Response:
    """What lies in totes at the node and nobody wants any more."""
    after = page.key(str, str, int)
    rows = pick_lists.list_put_backs(running, caller, id, after, page.limit + 1)
    return page_of(
        request,
        page,
        rows,
        lambda row: row,
        lambda row: [row["fulfilment_order"], row["line"], row["parcel"]],
    )


@router.post("/v1/fulfilment-orders/{id}/put-back", response_model=wire.PutBackDone)
def put_back(
    id: OneId, body: wire.PutBackAsk, caller: Caller, running: Running, request: IdempotencyKey
) -> Response:
    """Such units lie on their shelf again."""
    lines = None
    if body.lines is not None:
        lines = [(line.line, line.quantity, tuple(line.serials)) for line in body.lines]
    return answer(picking.put_back(running, caller, request, id, lines))


def _found(body: wire.PickAsk | wire.SubstituteAsk) -> Picked:
    """What lies in the tote. Raises Refused malformed unless it says in exactly one way how that is known."""
    if (body.scanned is None) == (body.by_hand is None):
        detail = "Exactly one of scanned, by_hand"
        faults = [Fault(f"/{name}", "ambiguous", detail) for name in ("scanned", "by_hand")]
        raise refuse(Code.MALFORMED, detail, *faults)
    return Picked(body.quantity, body.scanned, body.by_hand or "", tuple(body.serials))
