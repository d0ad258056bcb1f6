"""Endpoints that take their time: they time out, and nobody else waits for them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from oms.adapters.webhook_sender import Patience
from oms.delivering import Deliverer
from tests.webhooks.conftest import Hooks
from tests.webhooks.receiver import Received, Receiver, Says


def test_a_slow_endpoint_holds_up_nobody_else(
    hooks: Hooks, receiver: Receiver, receivers: Callable[[], Receiver]
) -> None:
    quick, arrived, all_there = receivers(), list[Received](), threading.Event()

    def slowly(_: Received) -> Says:
        all_there.wait(60)  # it answers only once the other has everything
        return Says()

    def at_once(received: Received) -> Says:
        arrived.append(received)
        if len(arrived) == 20:
            all_there.set()
        return Says()

    receiver.answers, quick.answers = slowly, at_once
    slow = hooks.register(receiver.url, types=["order.placed"])
    fast = hooks.register(quick.url, types=["order.placed"])
    hooks.happen(*(f"o-{n}" for n in range(20)))
    patient = Deliverer(hooks.runtime, chance=lambda: 0.0, patience=Patience(30.0, 30.0, 30.0))
    replace(hooks, deliverer=patient).work()
    patient.close()
    assert len(arrived) == 20
    for one in (slow, fast):  # had the slow one held up the other, it would have timed out waiting
        assert [d["outcome"] for d in hooks.deliveries(one["id"])] == ["accepted"] * 20


def test_an_endpoint_that_does_not_answer_in_time_has_timed_out(hooks: Hooks, receiver: Receiver) -> None:
    stay = threading.Event()

    def never(_: Received) -> Says:
        stay.wait(30)
        return Says()

    receiver.answers = never
    made = hooks.register(receiver.url, types=["order.placed"])
    hooks.happen("o-1")
    hooks.work()
    stay.set()
    assert [one["outcome"] for one in hooks.deliveries(made["id"])] == ["timed_out"]
