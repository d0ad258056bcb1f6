"""Registering, changing, pausing, listing: the endpoints of endpoints."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from api.wire import webhooks as wire
from tests.webhooks.conftest import Hooks, verified
from tests.webhooks.receiver import Receiver


def test_the_secret_is_shown_once_and_not_kept_with_the_answer(hooks: Hooks, receiver: Receiver) -> None:
    body = {"url": receiver.url, "types": ["order.placed"]}
    first, again = hooks.post("/v1/webhooks", body, "k"), hooks.post("/v1/webhooks", body, "k")
    wire.WebhookMade.model_validate_json(first.content)
    made = first.json()
    assert made["secret"].startswith("whsec_")
    assert again.json() == made | {"secret": None}
    turned = hooks.post(f"/v1/webhooks/{made['id']}/rotate", {}, "r").json()
    assert hooks.post(f"/v1/webhooks/{made['id']}/rotate", {}, "r").json() == turned | {"secret": None}
    assert len({made["secret_fingerprint"], turned["secret_fingerprint"]}) == 2
    shown = hooks.seen(made["id"])
    assert "secret" not in shown and turned["secret"] not in str(shown)
    with hooks.runtime.engine.connect() as conn:
        for table in ("request", "outbox"):
            kept = str(conn.execute(text(f"SELECT * FROM {table}")).all())
            assert made["secret"][6:] not in kept and turned["secret"][6:] not in kept


def test_a_paused_endpoint_gets_everything_when_it_is_resumed(hooks: Hooks, receiver: Receiver) -> None:
    body: dict[str, Any] = {"url": receiver.url, "types": ["order.placed"], "active": False}
    made = hooks.post("/v1/webhooks", body).json()
    hooks.happen("o-1", "o-2")
    assert hooks.work() == 0
    hooks.admin.put(f"/v1/webhooks/{made['id']}", json=body | {"active": True})
    assert hooks.work() == 2


def test_events_from_before_are_sent_when_asked_for(hooks: Hooks, receiver: Receiver) -> None:
    hooks.happen("o-1", "o-2")
    hooks.due()
    hooks.register(receiver.url, types=["order.placed"])
    assert hooks.work() == 0
    made = hooks.register(receiver.url, types=["order.placed"], after=0)
    assert hooks.work() == 2
    assert {verified(made["secret"], got)["subject_id"] for got in receiver.got} == {"o-1", "o-2"}


def test_all_types_when_none_is_named(hooks: Hooks, receiver: Receiver) -> None:
    hooks.due()
    hooks.register(receiver.url)
    hooks.happen("o-1", type="order.placed")
    hooks.happen("o-1", type="order.cancelled")
    hooks.work()
    types = [got.event["type"] for got in receiver.got]
    assert sorted(types) == ["order.cancelled", "order.placed", "webhook.created"]
    assert types.index("order.placed") < types.index("order.cancelled")


def test_an_editor_does_not_overwrite_a_colleague(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.post("/v1/webhooks", {"url": receiver.url})
    path, tag = f"/v1/webhooks/{made.json()['id']}", made.headers["etag"]
    body = {"url": receiver.url, "description": "mine"}
    first = hooks.admin.put(path, json=body, headers={"If-Match": tag})
    assert first.status_code == 200
    wire.WebhookView.model_validate_json(first.content)
    late = hooks.admin.put(path, json=body | {"description": "theirs"}, headers={"If-Match": tag})
    assert (late.status_code, late.json()["code"]) == (412, "version_conflict")
    assert hooks.admin.get(path).headers["etag"] == first.headers["etag"]


def test_what_is_not_there(hooks: Hooks) -> None:
    body = {"url": "http://127.0.0.1:9/"}
    path = "/v1/webhooks/wh_none"
    assert hooks.admin.get(path).status_code == 404
    assert hooks.admin.put(path, json=body).status_code == 404
    assert hooks.admin.delete(path).status_code == 404
    assert hooks.admin.get(f"{path}/deliveries").status_code == 404
    assert hooks.post(f"{path}/rotate", {}).status_code == 404
    assert hooks.post(f"{path}/deliveries/replay", {"first": 0, "last": 9}).status_code == 404
    assert hooks.post(f"{path}/deliveries/1/replay").status_code == 404


def test_deleting_takes_the_deliveries_along(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.register(receiver.url, types=["order.placed"])
    hooks.happen("o-1")
    hooks.due()
    assert hooks.admin.delete(f"/v1/webhooks/{made['id']}").status_code == 204
    assert hooks.work() == 0
    assert hooks.scalar("SELECT count(*) FROM webhook_delivery") == 0
    assert receiver.got == []


def test_lists_are_paged(hooks: Hooks, receiver: Receiver) -> None:
    made = [hooks.register(receiver.url, types=["order.placed"])["id"] for _ in range(3)]
    page = hooks.admin.get("/v1/webhooks?limit=2")
    wire.WebhookPage.model_validate_json(page.content)
    rest = hooks.admin.get(page.links["next"]["url"])
    assert [one["id"] for one in page.json()["items"] + rest.json()["items"]] == sorted(made)
    hooks.happen(*(f"o-{n}" for n in range(5)))
    hooks.work()
    path: str | None = f"/v1/webhooks/{made[0]}/deliveries?limit=2&state=delivered"
    found = []
    while path:
        answer = hooks.admin.get(path)
        wire.DeliveryPage.model_validate_json(answer.content)
        found += [one["subject_id"] for one in answer.json()["items"]]
        path = answer.links["next"]["url"] if "next" in answer.links else None
    assert found == ["o-4", "o-3", "o-2", "o-1", "o-0"]
    assert hooks.deliveries(made[0], state="waiting") == []
    assert hooks.seen(made[0])["deliveries"] == {"waiting": 0, "delivered": 5, "given_up": 0}


def test_one_job_waits_for_an_endpoint_however_much_is_published(hooks: Hooks, receiver: Receiver) -> None:
    hooks.register(receiver.url)
    for n in range(5):
        hooks.happen(f"o-{n}")
        hooks.due()
    assert hooks.scalar("SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'webhooks'") == 1
