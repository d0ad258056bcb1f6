"""Bring an order's fulfilment orders to where a test begins."""

from __future__ import annotations

from typing import Any

from oms.actors import SYSTEM
from oms.fulfilment.job import Fulfilment
from oms.fulfilment.lifecycle import FulfilmentEvent, FulfilmentState
from oms.steps.at_work import lock
from oms.store.fulfilments import fulfilments_of, save_fulfilments
from oms.work import Work, transact
from tests.checkout.conftest import Shop


def pick(shop: Shop, order_id: str) -> list[str]:
    """All that can be picked of an order is picked; its fulfilment orders."""
    due = accept(shop, order_id)
    for node in dict.fromkeys(job.node for job in due):
        for found in done(shop, "/v1/pick-waves", {"node": node})["pick_lists"]:
            walk(shop, found["id"])
    return [job.id for job in due]


def walk(shop: Shop, list_id: str) -> None:
    """All tasks of a pick list are done."""
    path = f"/v1/pick-lists/{list_id}"
    assert shop.post(f"{path}/claim", None, shop.admin).status_code == 200
    for task in shop.admin.get(path).json()["tasks"]:
        done(shop, f"{path}/tasks/{task['no']}/pick", {"quantity": task["to_pick"], "scanned": task["sku"]})


def accept(shop: Shop, order_id: str) -> list[Fulfilment]:
    """Accept what is scheduled of an order; its fulfilment orders that can be picked."""

    def work_on(work: Work) -> list[Fulfilment]:
        lock(work, order_id)
        jobs = []
        for job in fulfilments_of(work.conn, order_id):
            if job.state is FulfilmentState.SCHEDULED:
                job = job.after(FulfilmentEvent.OFFER, work.at).after(FulfilmentEvent.ACCEPT, work.at)
                save_fulfilments(work.conn, [job])
            if job.state is FulfilmentState.ACCEPTED:
                jobs.append(job)
        return jobs

    return transact(shop.runtime, SYSTEM, work_on)


def ready(shop: Shop, order_id: str, *lines: tuple[str, int], **more: Any) -> list[str]:
    """An order that is placed and picked; its fulfilment orders."""
    placed = shop.place(order_id, *lines, client=shop.admin, **more)
    assert placed.status_code == 201, placed.text
    return pick(shop, order_id)


def done(shop: Shop, path: str, body: Any = None, client: Any = None) -> Any:
    """The answer to a POST that must be taken."""
    answer = shop.post(path, body if body is not None else {}, client or shop.admin)
    assert answer.status_code < 300, answer.text
    return answer.json()


def no(shop: Shop, path: str, body: Any = None, client: Any = None) -> tuple[int, str]:
    """Status and name of the refusal of a POST."""
    answer = shop.post(path, body if body is not None else {}, client or shop.admin)
    return answer.status_code, answer.json().get("code", "")


def packed(shop: Shop, order_id: str, *lines: tuple[str, int], **more: Any) -> list[str]:
    """An order that is placed, picked and packed; its fulfilment orders."""
    ids = ready(shop, order_id, *lines, **more)
    for id in ids:
        done(shop, f"/v1/fulfilment-orders/{id}/pack")
    return ids


def stages(shop: Shop, order_id: str, line: str = "1") -> dict[str, int]:
    """Where the units of a line stand."""
    found = shop.admin.get(f"/v1/orders/{order_id}").json()
    sold = next(one for one in found["lines"] if one["id"] == line)
    fields = shop.scalar(
        "SELECT to_jsonb(l) FROM order_line l WHERE order_id = :o AND line_id = :l", o=order_id, l=sold["id"]
    )
    names = (
        "backordered",
        "unrouted",
        "routed",
        "picking",
        "picked",
        "packed",
        "in_transit",
        "ready_for_pickup",
        "delivered",
        "refused",
        "returning",
        "lost",
        "returned",
        "cancelled",
    )
    return {name: fields[name] for name in names if fields[name]}


def states(shop: Shop, order_id: str) -> list[str]:
    """Of its fulfilment orders, in the order they were made."""
    found = shop.admin.get(f"/v1/orders/{order_id}").json()
    return [job["state"] for job in found["fulfilment_orders"]]


def balance(shop: Shop, place: str, sku: str) -> int:
    """Units of the SKU at a place, by the ledger."""
    return int(
        shop.scalar(
            """SELECT coalesce(sum(quantity) FILTER (WHERE to_place = :place), 0)
            - coalesce(sum(quantity) FILTER (WHERE from_place = :place), 0)
        FROM movement m JOIN sku s ON s.no = m.sku_no WHERE s.id = :sku""",
            place=place,
            sku=sku,
        )
    )


def events(shop: Shop, order_id: str) -> list[str]:
    """What was told of an order, in order."""
    return [one["type"] for one in shop.admin.get(f"/v1/orders/{order_id}").json()["timeline"]]
