"""What the POSTs of webhooks need."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from oms.actors import SYSTEM
from oms.store import outbox, webhook_deliveries
from oms.work import transact
from tests.checkout.scenes import Asked, Scenes


def webhooks(scenes: Scenes) -> Mapping[str, Callable[[], Asked]]:
    def endpoint() -> str:
        body = {"url": "https://hooks.example.com/anyshelf", "types": ["scene.happened"]}
        return f"/v1/webhooks/{scenes.post('/v1/webhooks', body)['id']}"

    def delivery() -> tuple[str, int]:
        """An endpoint to which one event waits to be delivered."""
        path, runtime = endpoint(), scenes.shop.runtime
        transact(runtime, SYSTEM, lambda work: work.emit("scene.happened", "scene", path, {}))
        with runtime.engine.begin() as conn:
            outbox.publish(conn)
        with runtime.engine.begin() as conn:
            webhook_deliveries.plan(conn, runtime.clock.now())
            return path, outbox.last(conn)

    def replaying() -> Asked:
        path, seq = delivery()
        return f"{path}/deliveries/replay", {"first": seq, "last": seq, "states": ["waiting"]}

    def replaying_one() -> Asked:
        path, seq = delivery()
        return f"{path}/deliveries/{seq}/replay", None

    return {
        "/v1/webhooks/{id}/rotate": lambda: (f"{endpoint()}/rotate", {"overlap_s": 60}),
        "/v1/webhooks/{id}/deliveries/replay": replaying,
        "/v1/webhooks/{id}/deliveries/{seq}/replay": replaying_one,
    }
