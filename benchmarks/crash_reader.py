"""Somebody who follows the events by cursor while the house is being killed."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

import httpx

from benchmarks.crash_clients import Doors
from benchmarks.crash_house import client_of

PAGE = 200


@dataclass(slots=True)
class Reader:
    """``seqs``: the numbers seen, in the order seen; ``placed``: how often each order was told as placed."""

    house: Doors
    stop: threading.Event = field(default_factory=threading.Event)
    seqs: list[int] = field(default_factory=list)
    placed: Counter[str] = field(default_factory=Counter)
    reads: int = 0

    def follow(self) -> None:
        """Read on until told to stop, from one server or another."""
        with client_of(self.house.admin_key) as client:
            while not self.stop.is_set():
                if not self.read(client):
                    self.stop.wait(0.1)

    def read(self, client: httpx.Client) -> bool:
        """One page more; whether there was any."""
        self.reads += 1
        base = self.house.bases[self.reads % len(self.house.bases)]
        ask = {"after": self.seqs[-1] if self.seqs else 0, "limit": PAGE}
        try:
            answer = client.get(f"{base}/v1/events", params=ask)
        except httpx.TransportError:
            return False
        items = answer.json()["items"] if answer.status_code == 200 else []
        for item in items:
            self.seqs.append(item["seq"])
            if item["type"] == "order.placed":
                self.placed[item["subject_id"]] += 1
        return bool(items)

    def out_of_line(self) -> int:
        """How many numbers do not follow the one before: skipped, or shown twice."""
        return sum(now != before + 1 for before, now in zip([0, *self.seqs], self.seqs, strict=False))
