"""A pick list in the hand of its picker: the walk, task by task."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Response

from api.pages.desk import Desk, at
from api.pages.places import zone_of
from oms.reasons import Occasion
from oms.refusals import Code, Fault, Refusal, refuse
from oms.usecases import pick_lists
from oms.views.overview import sku_names

BY_HAND = ("no_barcode", "torn", "scanner_broken")
"""Why something is not scanned."""

router = APIRouter(include_in_schema=False)

Floor = Annotated[Desk, at("/v1/pick-lists/{id}")]


@router.get("/pick-lists/{id}")
def show_list(id: str, desk: Floor) -> Response:
    """The list; the task that comes next is open, with the cursor where the scanner types."""
    return _shown(desk, id)


@router.post("/pick-lists/{id}")
def act_on_list(id: str, desk: Floor) -> Response:
    """Claim it, pick, report short, substitute, give it back."""
    return desk.act(_actions(desk, id), lambda no: _shown(desk, id, no))


def _actions(desk: Desk, id: str) -> dict[str, Callable[[], object]]:
    one = "/v1/pick-lists/{id}"

    def at_task(verb: str, body: Callable[[], dict[str, Any]]) -> Callable[[], object]:
        return lambda: desk.call(f"{one}/tasks/{{no}}/{verb}", body(), id=id, no=_task(desk))

    return {
        "claim": lambda: desk.call(f"{one}/claim", id=id),
        "release": lambda: desk.call(f"{one}/release", id=id),
        "cancel": lambda: desk.call(f"{one}/cancel", id=id),
        "pick": at_task("pick", lambda: _found(desk)),
        "short": at_task("short", lambda: _lacking(desk)),
        "substitute": at_task("substitute", lambda: _instead(desk)),
    }


def _task(desk: Desk) -> int:
    no = desk.form.number("task")
    if no is None:
        raise refuse(Code.MALFORMED, "This form names no task")
    return no


def _found(desk: Desk) -> dict[str, Any]:
    """What lies in the tote: scanned, or confirmed by hand with the reason."""
    form = desk.form
    body = {"quantity": form.number("units"), "serials": form.text("serials").split()}
    if form.text("by_hand"):
        return {**body, "by_hand": form.text("by_hand")}
    if not form.text("scanned"):
        fault = Fault("/scanned", "missing", "Scan the barcode, or confirm by hand and say why")
        raise refuse(Code.INVALID, "Nothing was scanned", fault)
    return {**body, "scanned": form.text("scanned")}


def _lacking(desk: Desk) -> dict[str, Any]:
    form = desk.form
    return {"quantity": form.number("units"), "reason": form.text("reason"), "note": form.text("note")}


def _instead(desk: Desk) -> dict[str, Any]:
    return _lacking(desk) | _found(desk) | {"sku": desk.form.text("sku")}


def _shown(desk: Desk, id: str, refusal: Refusal | None = None) -> Response:
    found = pick_lists.read_list(desk.running, desk.actor, id)
    reasons = desk.running.networks.current.reasons
    waiting = [task for task in found["tasks"] if task["state"] == "open" and task["to_pick"]]
    asked = desk.form.number("task") if desk.form.text("task").isdigit() else None
    now = next((task for task in waiting if task["no"] == asked), waiting[0] if waiting else None)
    with desk.running.engine.connect() as conn:
        names = sku_names(conn, [sku for task in waiting for sku in task["substitutes"]])
    return desk.page(
        "pick_list.html",
        refusal,
        found=found,
        mine=found["claimed_by"] == desk.actor.key_id or desk.actor.trusted,
        now=now,
        zone=zone_of(desk, found["node"]),
        later=[task for task in waiting if task is not now],
        done=[task for task in found["tasks"] if task not in waiting],
        names=names,
        shorts=list(reasons.of(Occasion.SHORT)),
        by_hand=BY_HAND,
    )
