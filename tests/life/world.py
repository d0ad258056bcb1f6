"""One world in which things are brought from state to state by the product's own verbs, and by time."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from httpx import Response

from oms.actors import Role
from oms.usecases.offers import expire_offers
from oms.usecases.releasing import release_due
from tests.checkout.conftest import Shop, basket
from tests.support import HOME, stock_up

PLENTY = (("WH", "A1", 900), ("WH", "B2", 900), ("ST-1", "A1", 900), ("ST-2", "C3", 300))
STATES = {
    "fulfilment order": "SELECT state FROM fulfilment_order WHERE id = :id",
    "pick list": "SELECT state FROM pick_list WHERE id = :id",
    "pick task": "SELECT state FROM pick_task WHERE pick_list_id || '/' || no = :id",
    "pickup": "SELECT state FROM pickup WHERE order_id || '-c' || no = :id",
    "shipment": "SELECT state FROM shipment WHERE fulfilment_order_id || '-p' || no = :id",
    "stop": "SELECT state FROM courier_stop WHERE fulfilment_order || '-a' || attempt = :id",
    "run": "SELECT state FROM courier_run WHERE id = :id",
    "return": "SELECT state FROM return WHERE id = :id",
    "refund": "SELECT state FROM refund WHERE id = :id",
    "webhook": "SELECT state FROM webhook WHERE id = :id",
    "delivery": "SELECT state FROM webhook_delivery WHERE webhook_id || '/' || seq = :id",
}
"""Where the state of a thing is kept, by what it is."""


class World:
    """Words that several kinds of things need; what works must work, or the test ends there."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.watch = shop.watch
        self.courier = shop.client(Role.COURIER).headers["Authorization"].split()[1].partition(".")[0]
        self._numbers = count(1)
        self.put("/v1/work", {"lead_minutes": 40_000})
        self.put("/v1/skus/A1/substitutes", {"substitutes": ["B2"]})
        stock_up(shop.runtime, *PLENTY)
        self.blocked("ST-2", "A1")  # what is collected there has to travel, whatever was left lying

    # --------------------------------------------------------------- talking

    def asked(self, path: str, body: Any = None) -> Response:
        """A POST, whatever is answered."""
        return self.shop.post(path, body, self.shop.admin)

    def do(self, path: str, body: Any = None) -> Any:
        """A POST that must be taken; its document."""
        answer = self.asked(path, {} if body is None else body)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json()

    def put(self, path: str, body: Any) -> Any:
        answer = self.shop.admin.put(path, json=body)
        assert answer.status_code < 300, (path, answer.text)
        return answer.json()

    def get(self, path: str) -> Any:
        answer = self.shop.admin.get(path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def fresh(self, kind: str) -> str:
        return f"{kind}{next(self._numbers)}"

    def state(self, what: str, id: str) -> str:
        return str(self.shop.scalar(STATES[what], id=id))

    def now(self) -> str:
        return str(self.watch.now().isoformat())

    # ---------------------------------------------------------------- orders

    def order(self, method: str, *lines: tuple[str, int], **more: Any) -> str:
        """An order just placed, whose work is scheduled."""
        id = self.fresh("o")
        body = {
            "channel": "web",
            "currency": "USD",
            "lines": [one | {"unit_price_minor": 1000} for one in basket(*(lines or (("A1", 2),)))],
            "destination": HOME,
            "method": method,
            "substitution": "allowed",
            **more,
        }
        if method == "pickup":
            body.setdefault("pickup_node", "ST-1")
        self.shop.runtime.feed.look()
        self.put(f"/v1/orders/{id}", body)
        return id

    def paid(self, order: str) -> str:
        """All that the order costs was authorised and captured."""
        whole = self.get(f"/v1/orders/{order}")["money"]["total_minor"]
        facts = [{"kind": k, "method": "card", "amount_minor": whole} for k in ("authorised", "captured")]
        self.do(f"/v1/orders/{order}/payments", {"payments": facts})
        return order

    def cancel(self, job: str) -> str:
        """The customer wants nothing of the job's order any more."""
        self.do(f"/v1/orders/{order_of(job)}/cancel", {"reason": "customer"})
        return job

    # --------------------------------------------------- one fulfilment order

    def scheduled(self, method: str = "ship", **more: Any) -> str:
        return f"{self.order(method, **more)}-1"

    def offered(self, method: str = "ship") -> str:
        job = self.scheduled(method)
        release_due(self.shop.runtime)
        return job

    def accepted(self, method: str = "ship", **more: Any) -> str:
        job = self.offered(method, **more)
        self.do(f"/v1/fulfilment-orders/{job}/accept")
        return job

    def listed(self, method: str = "ship") -> str:
        """On a pick list that nobody has claimed."""
        job = self.accepted(method)
        self.wave(job)
        return job

    def wave(self, job: str) -> str:
        """The list that the job is on, after a wave at its node."""
        self.do("/v1/pick-waves", {"node": self.node_of(job)})
        return self.list_of(job)

    def node_of(self, job: str) -> str:
        return str(self.shop.scalar("SELECT node FROM fulfilment_order WHERE id = :id", id=job))

    def list_of(self, job: str) -> str:
        found = self.shop.scalar("SELECT pick_list_id FROM fulfilment_order WHERE id = :id", id=job)
        assert found, f"{job} is on no list"
        return str(found)

    def claimed(self, method: str = "ship") -> str:
        """Being picked, with nothing in the tote yet."""
        job = self.listed(method)
        self.do(f"/v1/pick-lists/{self.list_of(job)}/claim")
        return job

    def pick_all(self, list_id: str) -> None:
        for task in self.get(f"/v1/pick-lists/{list_id}")["tasks"]:
            if task["state"] == "open":
                body = {"quantity": task["to_pick"], "scanned": task["sku"]}
                self.do(f"/v1/pick-lists/{list_id}/tasks/{task['no']}/pick", body)

    def picked(self, method: str = "ship") -> str:
        job = self.claimed(method)
        self.pick_all(self.list_of(job))
        return job

    def packed(self, method: str = "ship") -> str:
        """Packed, and ready for whoever takes it next."""
        job = self.picked(method)
        self.do(f"/v1/fulfilment-orders/{job}/pack")
        return job

    def handed_over(self) -> str:
        job = self.packed()
        self.do(f"/v1/fulfilment-orders/{job}/hand-over")
        return job

    def waiting_at_counter(self) -> tuple[str, str]:
        """(packed at the store, still to be sent there from elsewhere): two jobs of one order."""
        order = self.order("pickup", ("C3", 1), ("A1", 1), pickup_node="ST-2")
        release_due(self.shop.runtime)
        jobs = self.get(f"/v1/orders/{order}")["fulfilment_orders"]
        here = next(job["id"] for job in jobs if job["node"] == "ST-2")
        away = next(job["id"] for job in jobs if job["node"] != "ST-2")
        self.prepared(here)
        return here, away

    def prepared(self, job: str) -> None:
        """An offered job is accepted, picked and packed."""
        self.do(f"/v1/fulfilment-orders/{job}/accept")
        list_id = self.wave(job)
        self.do(f"/v1/pick-lists/{list_id}/claim")
        self.pick_all(list_id)
        self.do(f"/v1/fulfilment-orders/{job}/pack")

    def brought(self, away: str) -> None:
        """What was still to be sent to the store arrives there."""
        self.prepared(away)
        self.do(f"/v1/fulfilment-orders/{away}/hand-over")
        self.do(f"/v1/transfers/fo:{away}/receive")

    def complete_at_counter(self) -> str:
        """A job that waited packed for the rest of its order to arrive."""
        here, away = self.waiting_at_counter()
        self.brought(away)
        return here

    def fetched(self) -> str:
        """Taken by a courier."""
        job = self.packed("courier")
        self.run(job)
        self.tell(f"{job}-a1", "picked_up")
        return job

    def collected(self) -> str:
        """Taken by its customer."""
        job = self.packed("pickup")
        pickup = f"/v1/pickups/{order_of(job)}-c1"
        self.do(f"{pickup}/verify", {"code": self.code(f"{order_of(job)}-c1")})
        self.do(f"{pickup}/collect")
        return job

    def delivered(self, job: str) -> None:
        self.carrier(f"{job}-p1", "delivered")

    def unanswered(self, job: str) -> None:
        """Nobody says yes or no to the offer in time."""
        self.watch.forward(days=1)
        expire_offers(self.shop.runtime)

    # ---------------------------------------------------------------- a parcel

    def carrier(self, shipment: str, kind: str) -> Any:
        """What the server says to one thing that the carrier says."""
        self.watch.forward(minutes=10)
        event = {"id": self.fresh("s"), "kind": kind, "occurred_at": self.now()}
        return self.do(f"/v1/shipments/{shipment}/events", {"events": [event]})["results"][0]

    # -------------------------------------------------------------- a counter

    def code(self, pickup: str) -> str:
        """What its customer says; anything once there is none any more."""
        pickups = self.get(f"/v1/orders/{order_of(pickup)}")["pickups"]
        return next(one["code"] for one in pickups if one["id"] == pickup) or "000000"

    def blocked(self, node: str, sku: str, blocked: bool = True) -> None:
        self.put("/v1/stock/blocks", {"lines": [{"node": node, "sku": sku}], "blocked": blocked})
        self.shop.runtime.feed.look()

    # -------------------------------------------------------------- a courier

    def run(self, *jobs: str) -> str:
        body = {"node": "ST-1", "courier": self.courier, "fulfilment_orders": list(jobs)}
        return str(self.do("/v1/courier/runs", body)["id"])

    def another_run(self) -> str:
        """One with a stop of its own, that may take over others."""
        return self.run(self.packed("courier"))

    def run_of(self, stop: str) -> str | None:
        row = "SELECT run_id FROM courier_stop WHERE fulfilment_order || '-a' || attempt = :id"
        found: str | None = self.shop.scalar(row, id=stop)
        return found

    def told(self, stop: str, type: str, **more: Any) -> str:
        """In a word, what the server says to one thing that the courier reports."""
        self.watch.forward(minutes=1)
        event = {"event_id": self.fresh("e"), "stop": stop, "type": type, "occurred_at": self.now(), **more}
        result = self.do("/v1/courier/events", {"events": [event]})["results"][0]
        return str(result["code"] if result["result"] == "rejected" else result["result"])

    def tell(self, stop: str, type: str, **more: Any) -> None:
        said = self.told(stop, type, **more)
        assert said == "applied", (stop, type, said)


def order_of(thing: str) -> str:
    """The order that a fulfilment order, shipment, pickup or stop belongs to."""
    return thing.partition("-")[0]


def answer(response: Response) -> str:
    """In a word, how the server answered."""
    if response.status_code < 300:
        return "done"
    code = str(response.json()["code"])
    assert (code == "illegal_transition") <= (response.status_code == 409), response.text
    return code


def then(make: Callable[[], str], *more: Callable[[str], object]) -> Callable[[], str]:
    """A thing made, to which more happened."""

    def made() -> str:
        id = make()
        for one in more:
            one(id)
        return id

    return made
