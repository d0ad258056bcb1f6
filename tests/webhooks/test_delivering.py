"""Events reach endpoints: signed, whole, in the order of each order's events, and again when they did not."""

from __future__ import annotations

import time

import pytest
from standardwebhooks import WebhookVerificationError

from oms.jobs import forget_deliveries
from oms.webhooks.endpoint import MOST_AT_ONCE
from oms.webhooks.retrying import GIVE_UP_AFTER, REST_LONGEST_S, TRIP
from tests.webhooks.conftest import Hooks, verified
from tests.webhooks.receiver import Received, Receiver, Says


def test_a_client_verifies_what_it_gets_with_the_official_library(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.register(receiver.url, types=["order.placed"])
    hooks.happen("o-1", data={"channel": "web", "name": "Zoë — 5 €"})
    hooks.happen("o-1", type="order.cancelled")
    assert hooks.work() == 1
    (got,) = receiver.got
    assert verified(made["secret"], got) == next(e for e in hooks.events() if e["type"] == "order.placed")
    assert got.headers["content-type"] == "application/json"
    with pytest.raises(WebhookVerificationError):
        verified(made["secret"], Received(got.path, got.headers, got.body.replace(b"web", b"wap")))
    with pytest.raises(WebhookVerificationError):
        verified(made["secret"], Received(got.path, {**got.headers, "webhook-id": "evt_0"}, got.body))
    (told,) = hooks.deliveries(made["id"])
    assert (told["state"], told["outcome"], told["status"]) == ("delivered", "accepted", 204)
    assert told["message_id"] == got.id


def test_both_secrets_sign_until_the_overlap_is_over(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.register(receiver.url, types=["order.placed"])
    turned = hooks.post(f"/v1/webhooks/{made['id']}/rotate", {"overlap_s": 60}).json()
    assert turned["secret"] != made["secret"]
    hooks.happen("o-1")
    hooks.work()
    assert verified(made["secret"], receiver.got[0]) == verified(turned["secret"], receiver.got[0])
    hooks.watch.forward(seconds=60)
    hooks.happen("o-2")
    hooks.work()
    verified(turned["secret"], receiver.got[1])
    with pytest.raises(WebhookVerificationError):
        verified(made["secret"], receiver.got[1])


def reached(receiver: Receiver, order: str) -> list[str]:
    """The types of an order's events, as they came. Orders travel side by side."""
    return [got.event["type"] for got in receiver.got if got.event["subject_id"] == order]


def test_a_later_event_of_an_order_waits_for_the_earlier_one(hooks: Hooks, receiver: Receiver) -> None:
    ill = {"o-1"}
    receiver.answers = lambda got: Says(500 if got.event["subject_id"] in ill else 200)
    made = hooks.register(receiver.url, types=["order.placed", "order.changed"])
    for type in ("order.placed", "order.changed"):
        hooks.happen("o-1", "o-2", type=type)
    hooks.work()
    assert reached(receiver, "o-1") == ["order.placed"]
    assert reached(receiver, "o-2") == ["order.placed", "order.changed"]
    ill.clear()
    assert hooks.work() == 0  # its time has not come
    hooks.watch.forward(seconds=6)
    assert hooks.work() == 2
    assert reached(receiver, "o-1") == ["order.placed", "order.placed", "order.changed"]
    assert receiver.got[3].id in receiver.ids()[:3]
    verified(made["secret"], receiver.got[3])
    assert [one["attempts"] for one in hooks.deliveries(made["id"])] == [2, 1, 1, 1]


def test_after_a_day_down_everything_arrives_once_and_in_order(hooks: Hooks, receiver: Receiver) -> None:
    hooks.watch.forward(hours=-26)  # so that the present, which the library knows, is when it is back
    made = hooks.register(receiver.url, types=["order.placed", "order.changed", "order.cancelled"])
    receiver.close()
    orders = [f"o-{n}" for n in range(20)]
    attempts = 0
    for type in ("order.placed", "order.changed", "order.cancelled"):
        hooks.happen(*orders, type=type)
        for _ in range(100):
            attempts += hooks.work()
            hooks.watch.forward(minutes=5)
    assert TRIP <= attempts <= 330  # single attempts, minutes apart: not sixty messages again and again
    assert hooks.seen(made["id"])["state"] == "active"
    assert {one["state"] for one in hooks.deliveries(made["id"])} == {"waiting"}
    receiver.open()
    hooks.watch.forward(seconds=REST_LONGEST_S)
    assert hooks.work() == 60
    assert len(set(receiver.ids())) == 60
    by_order = {one: [g.event["seq"] for g in receiver.got if g.event["subject_id"] == one] for one in orders}
    assert all(seqs == sorted(seqs) and len(seqs) == 3 for seqs in by_order.values())
    assert hooks.seen(made["id"])["failures"] == 0


def test_an_answer_of_410_disables_until_its_owner_resumes(hooks: Hooks, receiver: Receiver) -> None:
    receiver.answers = lambda _: Says(410)
    made = hooks.register(receiver.url, types=["order.placed"])
    hooks.happen("o-1", "o-1")
    assert hooks.work() == 1
    shown = hooks.seen(made["id"])
    assert (shown["state"], shown["disabled_reason"]) == ("disabled", "gone")
    assert hooks.events()[-1]["reason"] == "gone"
    hooks.happen("o-2")
    hooks.watch.forward(days=1)
    assert hooks.work() == 0
    receiver.answers = lambda _: Says()
    back = hooks.admin.put(
        f"/v1/webhooks/{made['id']}", json={"url": receiver.url, "types": ["order.placed"]}
    )
    assert (back.json()["state"], back.json()["disabled_reason"]) == ("active", "")
    assert hooks.work() == 3
    assert receiver.got[0].id in receiver.ids()[1:]


def test_a_redirect_is_never_followed(hooks: Hooks, receiver: Receiver) -> None:
    receiver.answers = lambda _: Says(307, {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"})
    made = hooks.register(receiver.url, types=["order.placed"])
    hooks.happen("o-1")
    assert hooks.work() == 1
    assert [got.path for got in receiver.got] == ["/hook"]
    (told,) = hooks.deliveries(made["id"])
    assert (told["state"], told["outcome"], told["status"]) == ("waiting", "redirected", 307)


def test_an_endless_answer_costs_nothing(hooks: Hooks, receiver: Receiver) -> None:
    receiver.answers = lambda _: Says(200, body=b"x" * 20_000_000)
    made = hooks.register(receiver.url, types=["order.placed"])
    hooks.happen("o-1")
    hooks.work()
    (told,) = hooks.deliveries(made["id"])
    assert told["state"] == "delivered"
    assert told["took_ms"] < 1000


def test_so_many_at_once_to_one_endpoint_and_no_more(hooks: Hooks, receiver: Receiver) -> None:
    def slowly(_: Received) -> Says:
        time.sleep(0.05)
        return Says()

    receiver.answers = slowly
    hooks.register(receiver.url, types=["order.placed"])
    hooks.happen(*(f"o-{n}" for n in range(40)))
    assert hooks.work() == 40
    assert 1 < receiver.most_at_once <= MOST_AT_ONCE


def test_what_fails_for_days_is_given_up_and_the_next_of_its_order_goes_on(
    hooks: Hooks, receiver: Receiver
) -> None:
    receiver.answers = lambda got: Says(400 if got.event["type"] == "order.changed" else 200)
    made = hooks.register(receiver.url, types=["order.changed", "order.cancelled", "order.placed"])
    hooks.happen("o-1", type="order.changed")
    hooks.happen("o-1", type="order.cancelled")
    for day in range(2 * GIVE_UP_AFTER.days + 1):
        hooks.happen(f"other-{day}")  # the endpoint itself is well
        hooks.work()
        hooks.watch.forward(hours=12)
    poison, last, *_ = hooks.deliveries(made["id"])
    assert (poison["state"], poison["outcome"], poison["status"]) == ("given_up", "refused", 400)
    assert last["state"] == "delivered"
    assert hooks.seen(made["id"])["state"] == "active"


def test_an_endpoint_that_fails_for_days_is_disabled(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.register(receiver.url, types=["order.placed"])
    receiver.close()
    hooks.happen(*(f"o-{n}" for n in range(30)))
    for _ in range(2 * GIVE_UP_AFTER.days + 1):
        hooks.work()
        hooks.watch.forward(hours=12)
    shown = hooks.seen(made["id"])
    assert (shown["state"], shown["disabled_reason"]) == ("disabled", "failing")
    assert hooks.work() == 0


def test_retry_after_is_heeded(hooks: Hooks, receiver: Receiver) -> None:
    receiver.answers = lambda _: Says(503, {"Retry-After": "120"})
    hooks.register(receiver.url, types=["order.placed"])
    hooks.happen("o-1")
    hooks.work()
    hooks.watch.forward(seconds=119)
    assert hooks.work() == 0
    hooks.watch.forward(seconds=1)
    assert hooks.work() == 1


def test_replayed_by_hand_under_the_same_ids(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.register(receiver.url, types=["order.placed"])
    hooks.happen("o-1", "o-2", "o-1")
    hooks.work()
    first, second, third = hooks.deliveries(made["id"])
    path = f"/v1/webhooks/{made['id']}/deliveries"
    assert hooks.post(f"{path}/{second['seq']}/replay").json() == {"deliveries": 1}
    hooks.work()
    assert receiver.ids()[3:] == [second["message_id"]]
    every = {"first": first["seq"], "last": third["seq"], "states": ["delivered", "given_up"]}
    assert hooks.post(f"{path}/replay", every).json() == {"deliveries": 3}
    hooks.work()
    mine = [one for one in receiver.ids()[4:] if one != second["message_id"]]
    assert mine == [first["message_id"], third["message_id"]]
    for got in receiver.got:
        verified(made["secret"], got)
    assert hooks.post(f"{path}/replay", every | {"states": ["given_up"]}).json() == {"deliveries": 0}
    assert hooks.post(f"{path}/replay", every | {"last": 0}).json()["errors"][0]["pointer"] == "/last"
    assert hooks.post(f"{path}/987654/replay").status_code == 404


def test_a_replay_need_not_wait_for_a_resting_endpoint(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.register(receiver.url, types=["order.placed"])
    receiver.close()
    hooks.happen(*(f"o-{n}" for n in range(TRIP + 2)))
    hooks.work()
    assert hooks.seen(made["id"])["rest_until"] is not None
    receiver.open()
    assert hooks.work() == 0
    seq = hooks.deliveries(made["id"])[0]["seq"]
    hooks.post(f"/v1/webhooks/{made['id']}/deliveries/{seq}/replay")
    assert hooks.work() == TRIP + 2  # the one shows that the endpoint is back


def test_an_attempt_that_never_came_back_is_made_again_under_its_id(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.register(receiver.url, types=["order.placed"])
    hooks.happen("o-1", "o-1")
    (due,) = hooks.due()
    taken = hooks.deliverer._take(due)
    assert taken is not None
    (lost,) = taken[1]
    assert hooks.work() == 0  # under way, as far as anyone knows; and the next of the order waits
    hooks.watch.forward(minutes=1)
    assert hooks.work() == 2
    assert receiver.ids()[0] == lost.message_id
    assert hooks.deliveries(made["id"])[0]["attempts"] == 2


def test_events_that_are_kept_no_longer_are_given_up_by_name(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.register(receiver.url, types=["order.placed"])
    hooks.happen("o-1")
    hooks.due()
    with hooks.runtime.engine.begin() as conn:
        conn.exec_driver_sql("DELETE FROM outbox")
    hooks.work()
    (told,) = hooks.deliveries(made["id"])
    assert (told["state"], told["outcome"]) == ("given_up", "event_dropped")
    assert receiver.got == []
    assert hooks.seen(made["id"])["failures"] == 0


def test_old_deliveries_go(hooks: Hooks, receiver: Receiver) -> None:
    made = hooks.register(receiver.url, types=["order.placed"])
    hooks.happen("o-1")
    hooks.work()
    hooks.watch.forward(days=31)
    assert forget_deliveries(hooks.runtime) == 0, "by one clock only"
    hooks.watch.forward(days=-31)
    with hooks.runtime.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE webhook_delivery SET ended_at = ended_at - interval '29 days'")
    assert forget_deliveries(hooks.runtime) == 0
    with hooks.runtime.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE webhook_delivery SET ended_at = ended_at - interval '2 days'")
    hooks.happen("o-2")
    hooks.work()
    assert forget_deliveries(hooks.runtime) == 1
    assert [one["subject_id"] for one in hooks.deliveries(made["id"])] == ["o-2"]
