"""A node's people: they answer offers, walk pick lists, put back, pack, and load the carrier's van."""

from __future__ import annotations

from api.demo.day.chance import pick, throw
from api.demo.day.desk import Desk, Json

REJECTS, OVERSEEN, SHORTS = 0.02, 0.01, 0.03
REJECT_REASONS = ("not_in_stock", "damaged", "no_staff")
SHORT_REASONS = ("not_in_stock", "mismatch", "damaged")
WAVE, ROUNDS = 10, 5
AHEAD = ("offered", "accepted", "picking", "picked", "packed", "ready_for_carrier")
"""States in which a node's people have something to do."""


def staff(node: str) -> str:
    """What the node's people are called."""
    return f"staff of {node}"


def queue(desk: Desk, node: str, *states: str) -> list[Json]:
    """The node's fulfilment orders in these states that are not on hold, those that leave first before the
    others.
    """
    path = f"/v1/nodes/{node}/fulfilment-orders"
    return [row for row in desk.every(staff(node), path, status=list(states)) if not row["on_hold"]]


def work(desk: Desk, node: str) -> None:
    """All there is to do at the node now, but for the counter and the couriers."""
    for job in queue(desk, node, "offered"):
        _answer(desk, node, job)
    while built := desk.post(staff(node), "/v1/pick-waves", {"node": node, "max_lists": WAVE}):
        for made in built["pick_lists"]:
            _walk(desk, node, made)
        if len(built["pick_lists"]) < WAVE:
            break
    packed = [_packed(desk, node, job) for job in queue(desk, node, "picked", "ready_for_carrier")]
    if "ready_for_carrier" in packed:
        desk.post(staff(node), f"/v1/nodes/{node}/manifests")


def _packed(desk: Desk, node: str, job: Json) -> str:
    """The state once it is packed."""
    if job["state"] != "picked":
        return str(job["state"])
    answer = desk.post(staff(node), f"/v1/fulfilment-orders/{job['id']}/pack")
    return str(answer["state"]) if answer else "picked"


def put_back(desk: Desk, node: str) -> None:
    """What lies in totes and nobody wants any more goes back to its shelf."""
    rows = desk.every(staff(node), f"/v1/nodes/{node}/put-backs")
    for id in dict.fromkeys(row["fulfilment_order"] for row in rows):
        desk.post(staff(node), f"/v1/fulfilment-orders/{id}/put-back")


def _answer(desk: Desk, node: str, job: Json) -> None:
    id = job["id"]
    if throw("overseen", id) < OVERSEEN:
        return
    if throw("reject", id) >= REJECTS:
        desk.post(staff(node), f"/v1/fulfilment-orders/{id}/accept")
        return
    reason = pick(REJECT_REASONS, "why", id)
    line = pick([line["line_id"] for line in job["lines"] if line["wanted"]], "which", id)
    body = {"reason": reason} | ({} if reason == "no_staff" else {"lines": [line]})
    desk.post(staff(node), f"/v1/fulfilment-orders/{id}/reject", body)


def _walk(desk: Desk, node: str, made: Json) -> None:
    """Task by task; after a short, which may change other tasks, the list is read anew."""
    path = f"/v1/pick-lists/{made['id']}"
    shown = desk.post(staff(node), f"{path}/claim")
    for _ in range(ROUNDS * len(made["tasks"])):
        if shown is None or shown["state"] != "claimed":
            return
        held = {tote["fulfilment_order"] for tote in shown["totes"] if tote["on_hold"]}
        ahead = [task for task in shown["tasks"] if task["state"] == "open" and task["to_pick"]]
        if not all(_pick(desk, node, path, task) for task in ahead if task["fulfilment_order"] not in held):
            shown = desk.get(staff(node), path)
            continue
        return


def _pick(desk: Desk, node: str, path: str, task: Json) -> bool:
    """Whether the rest of the list is as it was."""
    task_path, units = f"{path}/tasks/{task['no']}", task["to_pick"]
    what = (task["fulfilment_order"], task["line"], str(task["parcel"]))
    if throw("short", *what) < SHORTS and not task["short"]:
        reason = pick(SHORT_REASONS, "why", *what)
        lacking = units if reason == "not_in_stock" else 1
        desk.post(staff(node), f"{task_path}/short", {"quantity": lacking, "reason": reason})
        return False
    return (
        desk.post(staff(node), f"{task_path}/pick", {"quantity": units, "scanned": task["sku"]}) is not None
    )
