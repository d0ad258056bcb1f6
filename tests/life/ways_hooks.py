"""Ways of webhooks: the endpoint, and one event on its way to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count

from oms.actors import SYSTEM
from oms.delivering import Deliverer
from oms.webhooks.lifecycle import DeliveryEvent, DeliveryState, EndpointEvent, EndpointState
from oms.webhooks.retrying import GIVE_UP_AFTER
from oms.work import transact
from tests.life.ways import Ways
from tests.life.world import World, answer, then
from tests.webhooks.conftest import Hooks
from tests.webhooks.receiver import Received, Receiver, Says

TAKEN, REFUSED, GONE = Says(204), Says(500), Says(410)


class Line:
    """An endpoint's receiver on loopback, and events for it."""

    def __init__(self, world: World, receiver: Receiver) -> None:
        self.world = world
        self.receiver = receiver
        deliverer = Deliverer(world.shop.runtime, chance=lambda: 0.0)
        self.hooks = Hooks(world.shop.runtime, world.watch, world.shop.admin, deliverer)
        self._paths = count(1)

    def close(self) -> None:
        self.hooks.deliverer.close()

    def endpoint(self) -> str:
        """An active one, at a path of its own, for events of its own type."""
        body = {"url": self._url(), "types": [self.world.fresh("scene.no")]}
        return str(self.world.do("/v1/webhooks", body)["id"])

    def changed(self, active: bool) -> Callable[[str], str]:
        def put(id: str) -> str:
            types = self.hooks.seen(id)["types"]
            body = {"url": self._url(), "types": types, "active": active}
            return answer(self.world.shop.admin.put(f"/v1/webhooks/{id}", json=body))

        return put

    def happens(self, id: str) -> None:
        """Something that the endpoint wants to know of."""
        (type,) = self.hooks.seen(id)["types"]
        runtime = self.world.shop.runtime
        transact(runtime, SYSTEM, lambda work: work.emit(type, "scene", id, {}))

    def answered(self, says: Callable[[Received], Says]) -> None:
        """What is due is sent, and this is what the receiver says."""
        self.receiver.answers = says
        self.hooks.work()

    def _url(self) -> str:
        return f"{self.receiver.url}/{next(self._paths)}"


def endpoints(line: Line) -> Ways:
    S, E = EndpointState, EndpointEvent

    def gone(id: str) -> None:
        line.happens(id)
        line.answered(lambda _: GONE)

    def gone_meanwhile() -> str:
        """Paused while the answer that it is gone is on its way."""
        id, put = line.endpoint(), []
        (type,) = line.hooks.seen(id)["types"]

        def says(received: Received) -> Says:
            if received.event["type"] != type:  # what is due to others may be sent before
                return TAKEN
            put.append(line.changed(active=False)(id))
            return GONE

        line.happens(id)
        line.answered(says)
        assert put == ["done"], put
        return id

    verbs = {E.PAUSE: line.changed(active=False), E.RESUME: line.changed(active=True)}
    return Ways(
        reach={
            S.ACTIVE: line.endpoint,
            S.PAUSED: then(line.endpoint, verbs[E.PAUSE]),
            S.DISABLED: then(line.endpoint, gone),
        },
        verbs=verbs,
        facts={E.DISABLE: gone},
        own={(S.PAUSED, E.DISABLE): gone_meanwhile},
    )


def deliveries(line: Line) -> Ways:
    """A delivery's id here: webhook, slash, number of the event."""
    S, E = DeliveryState, DeliveryEvent

    def waiting() -> str:
        id = line.endpoint()
        line.happens(id)
        line.hooks.due()
        return f"{id}/{line.hooks.deliveries(id)[0]['seq']}"

    def attempted(says: Says) -> Callable[[str], None]:
        def attempt(delivery: str) -> None:
            line.answered(lambda _: says)

        return attempt

    def too_late(delivery: str) -> None:
        """It failed, and so it does when its time is over."""
        attempted(REFUSED)(delivery)
        line.world.watch.forward(seconds=GIVE_UP_AFTER / timedelta(seconds=1))
        attempted(REFUSED)(delivery)

    def replay(delivery: str) -> str:
        id, _, seq = delivery.partition("/")
        state = line.world.state("delivery", delivery)
        body = {"first": int(seq), "last": int(seq), "states": [state]}
        assert line.world.do(f"/v1/webhooks/{id}/deliveries/replay", body) == {"deliveries": 1}
        return "done"

    return Ways(
        reach={
            S.WAITING: waiting,
            S.DELIVERED: then(waiting, attempted(TAKEN)),
            S.GIVEN_UP: then(waiting, too_late),
        },
        verbs={E.REPLAY: replay},
        facts={E.ACCEPT: attempted(TAKEN), E.FAIL: attempted(REFUSED), E.GIVE_UP: too_late},
    )
