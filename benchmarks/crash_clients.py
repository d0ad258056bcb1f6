"""What clients do while the house is being killed: ask, ask again after every failure, or give up.

Each request is repeated as it was, with its order id or Idempotency-Key, until it is answered for good. A
client gives up once in a while instead, as a shopper does who closes the page: nobody told it what became of
its request.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
from sqlalchemy import Engine

from benchmarks.crash_house import NODES, SKUS, client_of
from oms.adapters.clock import elapsed_s
from tests.support import HOME

VERBS = {"order": 5, "reserve": 3, "buy": 3, "void": 1, "cancel": 2, "receive": 2, "wave": 1, "pick": 3}
GIVES_UP = 0.4
"""How often a client gives up after the first failure of a request."""
PAUSE_S = 0.2
HOLD_S = 4 * 3600
"""As long as may be: no reservation of the run ends by itself."""
REFUSALS = {"pick illegal_transition", "claim illegal_transition", "cancel illegal_transition"}
"""Noes that such a run may meet: an order is cancelled under the picker's hands, or picked before."""


class Doors(Protocol):
    """Servers on one database: their addresses, a shop's key and an admin's."""

    shop_key: str
    admin_key: str
    engine: Engine

    @property
    def bases(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Ask:
    """One request. ``key``: its Idempotency-Key; an order is known by its id instead."""

    verb: str
    method: str
    path: str
    body: Any = None
    key: str | None = None
    shop: bool = True


@dataclass(slots=True)
class Told:
    """An ask and its answer, status 0 while nobody has told it one; ``tries``: how often it was sent."""

    ask: Ask
    status: int = 0
    body: bytes = b""
    tries: int = 0


@dataclass(slots=True)
class Load:
    """What all clients share. Appends are atomic."""

    house: Doors
    stop: threading.Event = field(default_factory=threading.Event)
    told: list[Told] = field(default_factory=list)
    odd: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    lists: list[dict[str, Any]] = field(default_factory=list)
    acknowledged_begun_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(slots=True)
class Client:
    """One client's dice, its connections, and what it has been given."""

    number: int
    load: Load
    dice: random.Random
    shop: httpx.Client = field(init=False)
    staff: httpx.Client = field(init=False)
    reserved: list[Told] = field(default_factory=list)
    placed: list[Ask] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        self.shop = client_of(self.load.house.shop_key)
        self.staff = client_of(self.load.house.admin_key)

    def live(self) -> None:
        """One request after the other until told to stop."""
        verbs = {name: getattr(self, f"_{name}") for name in VERBS}
        try:
            while not self.load.stop.is_set():
                verb: Callable[[], None] = verbs[self.dice.choices(list(VERBS), list(VERBS.values()))[0]]
                verb()
        finally:
            self.shop.close()
            self.staff.close()

    def _order(self) -> None:
        skus = self.dice.sample(SKUS, self.dice.randint(1, 2))
        lines = [line(no, sku, self.dice.randint(1, 3)) for no, sku in enumerate(skus, 1)]
        self._placed(lines, {"method": "ship"})

    def _reserve(self) -> None:
        wanted = line(1, self.dice.choice(SKUS), self.dice.randint(1, 3))
        body = {
            "lines": [wanted],
            "destination": HOME,
            "methods": ["ship"],
            "reserve": {"option": "cheapest", "ttl_s": HOLD_S},
        }
        told = self._do("reserve", "/v1/promises", body)
        if told.status == 200:
            self.reserved.append(told)

    def _buy(self) -> None:
        if self.reserved:
            told = self._some(self.reserved)
            self._placed(told.ask.body["lines"], {"reservation_id": reservation_of(told)})

    def _void(self) -> None:
        if self.reserved:
            self._do("void", f"/v1/reservations/{reservation_of(self._some(self.reserved))}/void")

    def _cancel(self) -> None:
        if self.placed:
            self._do("cancel", f"{self._some(self.placed).path}/cancel", {})

    def _receive(self) -> None:
        delivery = self._fresh("po")
        lines = [
            {"node": node, "sku": self.dice.choice(SKUS), "cause": "receive", "quantity": 5}
            | {"reference": f"{delivery}/{no}"}
            for no, node in enumerate(self.dice.sample(NODES, 2))
        ]
        self._do("receive", "/v1/stock/movements", {"movements": lines}, shop=False)

    def _wave(self) -> None:
        told = self._do("wave", "/v1/pick-waves", {"node": self.dice.choice(NODES)}, shop=False)
        if told.status == 201:
            self.load.lists.extend(told_document(told)["pick_lists"])

    def _pick(self) -> None:
        try:
            found = self.load.lists.pop()
        except IndexError:
            return
        path = f"/v1/pick-lists/{found['id']}"
        if self._do("claim", f"{path}/claim", shop=False).status != 200:
            return
        for task in found["tasks"]:
            units = {"quantity": task["wanted"], "scanned": task["sku"]}
            self._do("pick", f"{path}/tasks/{task['no']}/pick", units, shop=False)

    def _placed(self, lines: list[dict[str, Any]], how: dict[str, Any]) -> None:
        priced = [one | {"unit_price_minor": 500} for one in lines]
        body = {"channel": "web", "currency": "USD", "lines": priced, "destination": HOME, **how}
        ask = Ask("order", "PUT", f"/v1/orders/{self._fresh('o')}", body)
        if self.settle(ask).status in (200, 201):
            self.placed.append(ask)

    def _do(self, verb: str, path: str, body: Any = None, *, shop: bool = True) -> Told:
        return self.settle(Ask(verb, "POST", path, body, self._fresh("k"), shop))

    def _some(self, things: list[Any]) -> Any:
        return things.pop(self.dice.randrange(len(things)))

    def _fresh(self, what: str) -> str:
        self.made += 1
        return f"{what}-{self.number}-{self.made}"

    def settle(self, ask: Ask) -> Told:
        """Send it until it is answered for good, or this client has enough."""
        told = Told(ask)
        self.load.told.append(told)
        patient = self.dice.random() > GIVES_UP
        while not self._sent(told):
            if self.load.stop.is_set() or (not patient and told.tries == 1):
                break
            self.load.stop.wait(PAUSE_S)
        return told

    def _sent(self, told: Told) -> bool:
        """Send it once; whether the answer is one for good."""
        begun_s = elapsed_s()
        told.tries += 1
        client = self.shop if told.ask.shop else self.staff
        try:
            answer = send(client, self.dice.choice(self.load.house.bases), told.ask)
        except httpx.TransportError as error:
            return self._failed(type(error).__name__)
        code = code_of(answer)
        if answer.status_code == 503 or code == "idempotency_in_progress":
            if answer.status_code == 503 and "Retry-After" not in answer.headers:
                self._odd("503 without Retry-After")
            return self._failed(code)
        if answer.status_code >= 400 and f"{told.ask.verb} {code}" not in REFUSALS:
            self._odd(f"{told.ask.verb} {code}")
            if answer.status_code >= 500:
                return False
        told.status, told.body = answer.status_code, answer.content
        with self.load.lock:
            self.load.acknowledged_begun_s = max(self.load.acknowledged_begun_s, begun_s)
        return True

    def _failed(self, how: str) -> bool:
        with self.load.lock:
            self.load.failures[how] += 1
        return False

    def _odd(self, what: str) -> None:
        with self.load.lock:
            self.load.odd[what] += 1


def send(client: httpx.Client, base: str, ask: Ask) -> httpx.Response:
    """The request as it is, to the server at an address."""
    headers = {} if ask.key is None else {"Idempotency-Key": ask.key}
    return client.request(ask.method, f"{base}{ask.path}", json=ask.body, headers=headers)


def code_of(answer: httpx.Response) -> str:
    """The name of a no, empty for a yes."""
    return str(answer.json().get("code", answer.status_code)) if answer.status_code >= 400 else ""


def line(no: int, sku: str, quantity: int) -> dict[str, Any]:
    """A line as promises want it."""
    return {"id": str(no), "sku": sku, "quantity": quantity}


def told_document(told: Told) -> Any:
    """The answer as JSON."""
    return httpx.Response(told.status, content=told.body).json()


def reservation_of(told: Told) -> str:
    """The id of the reservation that an answer gave."""
    return str(told_document(told)["reservation"]["reservation_id"])
