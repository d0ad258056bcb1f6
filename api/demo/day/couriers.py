"""A courier for each node: a run takes what is due, every door has its outcome, and what nobody kept comes
back, is inspected, and is sold again or tried again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from api.demo.day.chance import pick, throw
from api.demo.day.desk import OFFICE, Desk, Json
from api.demo.day.staff import queue, staff

REFUSED, PARTIAL, FAILED = 0.05, 0.05, 0.05
DAMAGED, TWICE = 0.1, 0.1
REFUSALS = ("refused_other", "refused_damaged", "refused_wrong")
FAILURES = ("absent", "no_access", "no_contact", "wrong_address")
OUT = ("accepted", "en_route_to_pickup", "arrived_at_pickup", "picked_up", "en_route_to_dropoff")
BACK = ("returning", "arrived_at_return", "returned")
AHEAD = timedelta(hours=1)


def courier(node: str) -> str:
    """What the node's courier is called."""
    return f"courier of {node}"


def send_out(desk: Desk, node: str, now: datetime) -> None:
    """A run with all that waits at the node, once the first of it is due."""
    ready = queue(desk, node, "ready_for_courier")
    if ready and min(datetime.fromisoformat(job["must_leave_by"]) for job in ready) > now + AHEAD:
        return
    body = {"node": node, "courier": desk.ids[courier(node)]}
    run = desk.post(staff(node), "/v1/courier/runs", body)
    if run is None:
        return
    desk.post(courier(node), f"/v1/courier/runs/{run['id']}/start")
    told = [_event(stop, type, now) for stop in run["stops"] for type in OUT]
    _tell(desk, node, run["id"], told)


def on_the_road(desk: Desk) -> list[Json]:
    """Runs that are under way."""
    return desk.every(OFFICE, "/v1/courier/runs", state="started")


def come_back(desk: Desk, head: Json, now: datetime) -> bool:
    """Every door has its outcome, the van comes back empty or not; whether another attempt is to be made."""
    node, id = head["node"], head["id"]
    run = desk.get(courier(node), f"/v1/courier/runs/{id}")
    if run is None:
        return False
    told = [event for stop in run["stops"] for event in _door(stop, now) if stop["state"] != "completed"]
    if told:
        _tell(desk, node, id, told)
    run = desk.get(courier(node), f"/v1/courier/runs/{id}") or run
    for stop in run["stops"]:
        _unload(desk, node, stop)
    desk.post(courier(node), f"/v1/courier/runs/{id}/end")
    return any(stop["outcome"] == "failed_attempt" for stop in run["stops"])


def _door(stop: Json, now: datetime) -> list[Json]:
    if not any(line["aboard"] for line in stop["lines"]):
        return []
    ending = _outcome(stop)
    came = [_event(stop, "arrived_at_dropoff", now), _event(stop, "completed", now, **ending)]
    if ending["outcome"] == "delivered":
        return came
    return came + [_event(stop, type, now) for type in BACK]


def _outcome(stop: Json) -> dict[str, Any]:
    id, units = stop["id"], sum(line["aboard"] for line in stop["lines"])
    luck = throw("door", id)
    if luck < FAILED:
        return {"outcome": "failed_attempt", "reason": pick(FAILURES, "why", id)}
    if luck < FAILED + REFUSED:
        return {"outcome": "refused", "reason": pick(REFUSALS, "why", id)}
    if luck < FAILED + REFUSED + PARTIAL and units > 1:
        lines = [{"id": line["id"], "quantity": line["aboard"]} for line in stop["lines"]]
        lines[0]["quantity"] -= 1
        return {"outcome": "partially_accepted", "reason": pick(REFUSALS, "why", id), "lines": lines}
    return {"outcome": "delivered"}


def _unload(desk: Desk, node: str, stop: Json) -> None:
    """Whether what came back is tried again is decided, and all other goods get their disposition."""
    path = f"/v1/courier/stops/{stop['id']}"
    if stop["next_step"] == "call":
        again = "retry" if throw("call", stop["id"]) < 0.5 else "return"
        stop = desk.post(staff(node), f"{path}/decide", {"next_step": again, "reason": "no_contact"}) or stop
    if stop["next_step"] == "retry":
        return
    lines = []
    for line in stop["lines"]:
        if line["back"] > line["inspected"]:
            spoilt = throw("spoilt", stop["id"], line["id"]) < DAMAGED
            found = {"id": line["id"], "quantity": line["back"] - line["inspected"]}
            lines.append({**found, "disposition": "damaged" if spoilt else "restock"})
    if lines:
        desk.post(staff(node), f"{path}/inspect", {"lines": lines})


def _event(stop: Json, type: str, at: datetime, **more: Any) -> Json:
    id = f"{stop['id']}-{type}"
    return {"event_id": id, "stop": stop["id"], "type": type, "occurred_at": at.isoformat(), **more}


def _tell(desk: Desk, node: str, run: str, events: list[Json]) -> None:
    """What the phone has to tell; not sure that it was heard, it tells some of it twice."""
    parts = [events[at : at + 150] for at in range(0, len(events), 150)]
    for part in parts if throw("radio", run, events[0]["type"]) >= TWICE else [*parts, parts[0]]:
        desk.post(courier(node), "/v1/courier/events", {"events": part})
