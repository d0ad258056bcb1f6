"""Carriers bring parcels to customers and to stores: nearly always in time, some a day late, few never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from api.demo.day.chance import throw
from api.demo.day.desk import OFFICE, Desk, Json
from api.demo.day.news import Job, News
from api.demo.day.staff import staff

LATE, LOST = 0.03, 0.005
A_DAY = timedelta(days=1)
SOONEST, LATEST = timedelta(hours=2), timedelta(hours=8)
"""So long before the last moment goods usually arrive."""


@dataclass(frozen=True, slots=True)
class Way:
    """A fulfilment order on the road; ``at``: when it arrives."""

    shown: Json
    at: datetime


class Carriers:
    """Knows what is on the road."""

    def __init__(self, desk: Desk, news: News) -> None:
        self._desk, self._news = desk, news
        self._ways: dict[str, Way] = {}

    def due(self, now: datetime) -> list[Way]:
        """What arrives by now."""
        out = self._news.in_state("handed_over")
        ways = [way for job in out if (way := self._way(job)) and way.shown["method"] != "courier"]
        return [way for way in ways if way.at <= now]

    def _way(self, job: Job) -> Way | None:
        if job.id not in self._ways:
            shown = self._desk.get(OFFICE, f"/v1/fulfilment-orders/{job.id}")
            if shown is None:
                return None
            unlucky = throw("late", job.id) < LATE or throw("lost", job.id) < LOST
            sooner = SOONEST + (LATEST - SOONEST) * throw("sooner", job.id)
            at = datetime.fromisoformat(shown["arrive_at"]) + (A_DAY if unlucky else -sooner)
            self._ways[job.id] = Way(shown, at)
        return self._ways[job.id]


def arrive(desk: Desk, way: Way) -> None:
    """At the customer's, or at the store that hands it out."""
    id = way.shown["id"]
    if way.shown["to_node"]:
        there = staff(way.shown["to_node"])
        if transfer := desk.get(there, f"/v1/transfers/fo:{id}"):
            lines = [{"sku": one["sku"], "quantity": one["quantity"]} for one in transfer["lines"]]
            desk.post(there, f"/v1/transfers/fo:{id}/receive", {"lines": lines, "close": True})
        return
    packed = desk.get(OFFICE, f"/v1/fulfilment-orders/{id}/shipments")
    for shipment in packed["shipments"] if packed else ():
        end = "lost" if throw("lost", id) < LOST else "delivered"
        happened = (("in_transit", 0.5), ("out_for_delivery", 0.9), (end, 1.0))
        began = datetime.fromisoformat(shipment["instants"]["handed_over"])
        events = [
            {
                "id": f"{shipment['id']}-{kind}",
                "kind": kind,
                "occurred_at": (began + (max(way.at, began) - began) * share).isoformat(),
            }
            for kind, share in happened
        ]
        if throw("radio", shipment["id"]) < LATE:
            events.reverse()  # heard out of order
        desk.post(OFFICE, f"/v1/shipments/{shipment['id']}/events", {"events": events})
