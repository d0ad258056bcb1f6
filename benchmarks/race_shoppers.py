"""Shoppers at random on few SKUs, and what their answers prove: every refusal right, nothing promised twice.

A shopper notes for each unit it was given from when to when it may have held it: from sending the request
that took it until the answer to the one that gave it back. A refusal is spurious when there was enough left
throughout the refused request, even with all those units counted as taken for as long as they may have been.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf
from typing import Any

import httpx

from oms.adapters.clock import elapsed_s
from tests.support import HOME

REFUSALS = {"insufficient_stock", "reservation_expired", "illegal_transition"}
VERBS = ("reserve", "reserve", "order", "order", "buy", "extend", "void", "cancel")


@dataclass(slots=True)
class Held:
    """Units given to a shopper; ``until`` is infinite while they are its own."""

    sku: str
    quantity: int
    since: float
    until: float = inf


@dataclass(slots=True)
class Denied:
    """Units refused for want of stock, by a request that ran from ``since`` to ``until``."""

    sku: str
    quantity: int
    since: float
    until: float


@dataclass(slots=True)
class Shopper:
    """One client's dice, what it was answered by verb, and what it holds by reservation and order."""

    number: int
    client: httpx.Client
    skus: list[str]
    seen: Counter[str] = field(default_factory=Counter)
    reserved: dict[str, Held] = field(default_factory=dict)
    ordered: dict[str, Held] = field(default_factory=dict)
    given_back: list[Held] = field(default_factory=list)
    denied: list[Denied] = field(default_factory=list)
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.number)

    def walk(self, steps: int) -> Shopper:
        """So many random steps; verbs that need something held pass while there is none."""
        for step in range(steps):
            verb = self.dice.choice(VERBS)
            sku, quantity = self.dice.choice(self.skus), self.dice.randint(1, 3)
            if verb == "reserve":
                self._reserve(sku, quantity)
            elif verb == "order":
                self._order(f"o-{self.number}-{step}", sku, quantity)
            elif verb == "cancel" and self.ordered:
                name = self.dice.choice(list(self.ordered))
                self._give_back("cancel", f"/v1/orders/{name}/cancel", {}, self.ordered, name)
            elif verb in ("buy", "extend", "void") and self.reserved:
                self._go_on(verb, f"o-{self.number}-{step}", self.dice.choice(list(self.reserved)))
        return self

    def _reserve(self, sku: str, quantity: int) -> None:
        line = {"id": "1", "sku": sku, "quantity": quantity}
        ask = {"lines": [line], "destination": HOME, "methods": ["ship"], "reserve": {"option": "cheapest"}}
        since = elapsed_s()
        answer = self._post("reserve", "/v1/promises", ask)
        if answer.status_code == 200:
            name = answer.json()["reservation"]["reservation_id"]
            self.reserved[name] = Held(sku, quantity, since)
        self._note(answer, sku, quantity, since)

    def _order(self, name: str, sku: str, quantity: int) -> None:
        since = elapsed_s()
        answer = self.client.put(f"/v1/orders/{name}", json=order_body(sku, quantity) | {"method": "ship"})
        self._count("order", answer)
        if answer.status_code == 201:
            self.ordered[name] = Held(sku, quantity, since)
        self._note(answer, sku, quantity, since)

    def _go_on(self, verb: str, order: str, reservation: str) -> None:
        held = self.reserved[reservation]
        if verb == "buy":
            body = order_body(held.sku, held.quantity) | {"reservation_id": reservation}
            answer = self.client.put(f"/v1/orders/{order}", json=body)
            self._count(verb, answer)
            if answer.status_code == 201:
                self.ordered[order] = self.reserved.pop(reservation)
        elif verb == "extend":
            self._post(verb, f"/v1/reservations/{reservation}/extend", {"ttl_s": 3600})
        else:
            self._give_back(verb, f"/v1/reservations/{reservation}/void", None, self.reserved, reservation)

    def _give_back(self, verb: str, path: str, body: Any, where: dict[str, Held], name: str) -> None:
        if self._post(verb, path, body).status_code == 200:
            held = where.pop(name)
            held.until = elapsed_s()
            self.given_back.append(held)

    def _post(self, verb: str, path: str, body: Any) -> httpx.Response:
        key = {"Idempotency-Key": f"{self.number}-{sum(self.seen.values())}"}
        answer = self.client.post(path, json=body, headers=key)
        self._count(verb, answer)
        return answer

    def _count(self, verb: str, answer: httpx.Response) -> None:
        code = answer.json().get("code", "") if answer.status_code >= 400 else str(answer.status_code)
        self.seen[f"{verb} {code}"] += 1

    def _note(self, answer: httpx.Response, sku: str, quantity: int, since: float) -> None:
        if answer.status_code == 409 and answer.json()["code"] == "insufficient_stock":
            self.denied.append(Denied(sku, quantity, since, elapsed_s()))


def order_body(sku: str, quantity: int = 1) -> dict[str, Any]:
    """The body of an order of one line, but for where it comes from."""
    line = {"id": "1", "sku": sku, "quantity": quantity, "unit_price_minor": 500}
    return {"channel": "web", "currency": "USD", "lines": [line], "destination": HOME}


def spurious(shoppers: Iterable[Shopper], stock: int) -> int:
    """Refusals although the SKU's ``stock`` units, less all that may have been held, would have sufficed."""
    shoppers = list(shoppers)
    by_sku: dict[str, list[Held]] = defaultdict(list)
    for held in _all_held(shoppers):
        by_sku[held.sku].append(held)
    return sum(
        stock - sum(h.quantity for h in by_sku[no.sku] if h.since < no.until and h.until > no.since)
        >= no.quantity
        for shopper in shoppers
        for no in shopper.denied
    )


def still_held(shoppers: Iterable[Shopper]) -> Counter[str]:
    """Units by SKU that shoppers were given and did not give back."""
    units: Counter[str] = Counter()
    for held in _all_held(shoppers):
        if held.until == inf:
            units[held.sku] += held.quantity
    return units


def _all_held(shoppers: Iterable[Shopper]) -> list[Held]:
    return [
        held
        for shopper in shoppers
        for held in (*shopper.reserved.values(), *shopper.ordered.values(), *shopper.given_back)
    ]
