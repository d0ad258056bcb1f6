"""What a courier reports of a stop, and what a node does with goods that came back, as forms say it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from typing import Any

from api.pages.desk import Desk
from oms.refusals import Code, Fault, Refusal, Refused, refuse
from oms.store.couriers import stop_of
from oms.usecases import proofs
from oms.views.courier import due_for
from oms.work import transact

STANDS: Mapping[str, str] = {
    "assigned": "planned",
    "en_route_to_pickup": "on the way to the node",
    "arrived_at_pickup": "at the node",
    "picked_up": "in the van",
    "en_route_to_dropoff": "on the way to the customer",
    "arrived_at_dropoff": "at the door",
    "returning": "on the way back",
    "arrived_at_return": "back at the node",
    "returned": "scanned in",
}
"""States of a stop in a courier's words; the others say it themselves."""
STEPS: Mapping[str, tuple[str, str]] = {
    "assigned": ("accepted", "Take it"),
    "accepted": ("en_route_to_pickup", "Go and fetch it"),
    "en_route_to_pickup": ("arrived_at_pickup", "Arrived at the node"),
    "arrived_at_pickup": ("picked_up", "Picked up"),
    "picked_up": ("en_route_to_dropoff", "Go to the customer"),
    "en_route_to_dropoff": ("arrived_at_dropoff", "Arrived at the customer"),
    "returning": ("arrived_at_return", "Arrived at the node"),
}
"""State of a stop → the event that comes next, and what its button says."""


def actions(desk: Desk) -> dict[str, Callable[[], object]]:
    """By the ``do`` of a form; the form's ``stop`` says which stop."""
    stop, form = "/v1/courier/stops/{id}", desk.form
    return {
        "step": lambda: _told(desk, form.text("step")),
        "decline": lambda: _told(desk, "declined"),
        "complete": lambda: _completed(desk),
        "bring": lambda: _told(desk, "returning"),
        "receive": lambda: desk.call(f"{stop}/receive", _received(desk), id=form.text("stop")),
        "inspect": lambda: desk.call(f"{stop}/inspect", {"lines": verdicts(desk)}, id=form.text("stop")),
        "decide": lambda: desk.call(f"{stop}/decide", {"next_step": form.text("next")}, id=form.text("stop")),
    }


def ticked(desk: Desk) -> dict[str, set[int]]:
    """Which units of which lines were ticked as kept, by number."""
    found: dict[str, set[int]] = {}
    for mark in desk.form.all("keep"):
        line, _, number = mark.rpartition("#")
        if line and number.isdecimal():
            found.setdefault(line, set()).add(int(number))
    return found


def reckoned(desk: Desk, run: Mapping[str, Any]) -> dict[str, Any] | None:
    """The stop of the run and the amount due for its ticked units, when the form asked for that."""
    asked = desk.form.text("stop") if desk.form.text("do") == "reckon" else None
    mine = [stop["id"] for stop in run["stops"] if stop["id"] == asked]
    return {"stop": mine[0], "due_minor": _due(desk, _kept(desk))} if mine else None


def _told(desk: Desk, type: str, **more: Any) -> None:
    """Report one event of the stop; a rejected one is a refusal."""
    event = {
        "event_id": desk.form.text("once") or desk.once(),
        "stop": desk.form.text("stop"),
        "type": type,
        "occurred_at": desk.running.clock.now().isoformat(),
        **more,
    }
    (result,) = desk.call("/v1/courier/events", {"events": [event]})["results"]
    if result["result"] == "rejected":
        faults = tuple(Fault(**fault) for fault in result["errors"])
        raise Refused(Refusal(Code(result["code"]), result["detail"], faults))


def _completed(desk: Desk) -> None:
    """How it went, its pictures first: without them it is not told."""
    body, stop = _ending(desk), desk.form.text("stop")
    for content in desk.form.files:
        name = sha256(content).hexdigest()
        transact(
            desk.running, desk.actor, partial(proofs.keep_proof, stop_id=stop, sha256=name, content=content)
        )
    _told(desk, "completed", **body)


def _ending(desk: Desk) -> dict[str, Any]:
    form, outcome = desk.form, desk.form.text("outcome")
    body: dict[str, Any] = {"outcome": outcome, "note": form.text("note")}
    if form.text("reason"):
        body["reason"] = form.text("reason")
    proof = dict(form.named("proof"))
    if proof:
        body["proof"] = proof
    if outcome == "partially_accepted":
        body["lines"] = [{"id": line, "quantity": n} for line, n in _kept(desk).items()]
    if outcome in ("delivered", "partially_accepted") and form.text("method"):
        body["payment"] = _payment(desk, None if outcome == "delivered" else _kept(desk))
    return body


def _kept(desk: Desk) -> dict[str, int]:
    """Units the customer keeps, by line; none of a line without a tick."""
    marks = ticked(desk)
    return {line: len(marks.get(line, ())) for line in desk.form.all("line")}


def _payment(desk: Desk, kept: Mapping[str, int] | None) -> dict[str, Any]:
    """What was paid: the amount said, or what is due for what was kept; None: for all of it."""
    form = desk.form
    said = form.minor("amount", form.text("currency"))
    amount = _due(desk, kept) if said is None else said
    return {"method": form.text("method"), "amount_minor": amount, "reference": form.text("reference")}


def _due(desk: Desk, kept: Mapping[str, int] | None) -> int:
    with desk.running.engine.connect() as conn:
        stop = stop_of(conn, desk.form.text("stop"))
        if stop is None:
            raise refuse(Code.NOT_FOUND, "There is no such stop")
        units = {line.line_id: line.quantity for line in stop.lines}
        if kept is not None:
            units = {line: min(kept.get(line, 0), n) for line, n in units.items()}
        return due_for(conn, stop, units)


def _received(desk: Desk) -> dict[str, Any]:
    form = desk.form
    units = form.numbers("units")
    lines = [{"id": line, "quantity": n} for line, n in units.items()] if units else None
    return {"node": form.some("node"), "lines": lines, "reason": form.some("reason")}


def verdicts(desk: Desk, member: str = "id") -> list[dict[str, Any]]:
    """What becomes of units in inspection, by line or SKU, which ``member`` names; those of which nobody says
    it stay there.
    """
    goes = dict(desk.form.named("disposition"))
    units = desk.form.numbers("units")
    return [{member: line, "quantity": n, "disposition": goes.get(line)} for line, n in units.items() if n]
