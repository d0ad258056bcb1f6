"""Ways of what is done at a node: fulfilment orders, pick lists with their tasks, pickups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oms.fulfilment.lifecycle import FulfilmentEvent as F
from oms.fulfilment.lifecycle import FulfilmentState as J
from oms.picking.lifecycle import ListEvent, ListState, TaskEvent, TaskState
from oms.pickups.lifecycle import PickupEvent, PickupState
from oms.usecases.collecting import expire_pickups
from oms.usecases.releasing import release_due
from tests.life.ways import Ways
from tests.life.world import World, answer, order_of, then


def fulfilment_orders(world: World) -> Ways:
    def start(job: str) -> None:
        world.do(f"/v1/pick-lists/{world.wave(job)}/claim")

    def hand_over(job: str) -> str:
        return answer(world.asked(f"/v1/fulfilment-orders/{job}/hand-over"))

    return Ways(
        reach=_jobs(world),
        verbs={
            F.ACCEPT: _verb(world, "accept"),
            F.REJECT: _verb(world, "reject", reason="no_staff"),
            F.PACK: _verb(world, "pack"),
            F.HAND_OVER: hand_over,
            F.CANCEL: _verb(world, "cancel"),
        },
        facts={
            F.OFFER: lambda job: release_due(world.shop.runtime),
            F.EXPIRE: world.unanswered,
            F.START_PICKING: start,
            F.FINISH_PICKING: lambda job: world.pick_all(world.list_of(job)),
            F.COMPLETE: world.delivered,
        },
        own={
            (J.PICKED, F.PACK): lambda: world.waiting_at_counter()[0],
            (J.PACKED, F.READY_CARRIER): world.packed,
            (J.PACKED, F.READY_COURIER): lambda: world.packed("courier"),
            (J.PACKED, F.READY_PICKUP): world.complete_at_counter,
            (J.READY_FOR_COURIER, F.HAND_OVER): world.fetched,
            (J.READY_FOR_PICKUP, F.HAND_OVER): world.collected,
        },
    )


def _jobs(world: World) -> dict[J, Callable[[], str]]:
    """A fulfilment order in each state."""
    return {
        J.SCHEDULED: world.scheduled,
        J.OFFERED: world.offered,
        J.ACCEPTED: world.accepted,
        J.PICKING: world.claimed,
        J.PICKED: world.picked,
        J.PACKED: lambda: world.waiting_at_counter()[0],
        J.READY_FOR_CARRIER: world.packed,
        J.READY_FOR_COURIER: lambda: world.packed("courier"),
        J.READY_FOR_PICKUP: lambda: world.packed("pickup"),
        J.HANDED_OVER: world.handed_over,
        J.COMPLETED: then(world.handed_over, world.delivered),
        J.REJECTED: then(world.offered, _verb(world, "reject", reason="no_staff")),
        J.EXPIRED: then(world.offered, world.unanswered),
        J.CANCELLED: then(world.offered, _verb(world, "cancel")),
    }


def _verb(world: World, name: str, **body: str) -> Callable[[str], str]:
    return lambda job: answer(world.asked(f"/v1/fulfilment-orders/{job}/{name}", body))


def pick_lists(world: World) -> Ways:
    def verb(name: str) -> Callable[[str], str]:
        return lambda list_id: answer(world.asked(f"/v1/pick-lists/{list_id}/{name}"))

    def on_a_list(make: Callable[..., str] = world.listed) -> Callable[[], str]:
        return lambda: world.list_of(make())

    def pick_last(list_id: str) -> str:
        """Pick what is left of the list, or try to where nothing is."""
        tasks = world.get(f"/v1/pick-lists/{list_id}")["tasks"]
        said = ""
        for task in [one for one in tasks if one["state"] == "open"] or tasks:
            body = {"quantity": task["to_pick"] or 1, "scanned": task["sku"]}
            said = answer(world.asked(f"/v1/pick-lists/{list_id}/tasks/{task['no']}/pick", body))
        return said

    def nobody_wants_it() -> str:
        job = world.listed()
        list_id = world.list_of(job)
        for task in world.get(f"/v1/pick-lists/{list_id}")["tasks"]:
            world.do(f"/v1/fulfilment-orders/{task['fulfilment_order']}/cancel")
        return list_id

    return Ways(
        reach={
            ListState.OPEN: on_a_list(),
            ListState.CLAIMED: on_a_list(world.claimed),
            ListState.DONE: then(on_a_list(world.claimed), pick_last),
            ListState.CANCELLED: then(on_a_list(), verb("cancel")),
        },
        verbs={
            ListEvent.CLAIM: verb("claim"),
            ListEvent.RELEASE: verb("release"),
            ListEvent.CANCEL: verb("cancel"),
            ListEvent.FINISH: pick_last,
        },
        own={(ListState.OPEN, ListEvent.FINISH): nobody_wants_it},
    )


def pick_tasks(world: World) -> Ways:
    """A task's id here: pick list, slash, number."""

    def at_shelf() -> str:
        for node in ("WH", "ST-1"):
            world.blocked(node, "A1", False)  # a short before this one was counted
        job = world.claimed()
        list_id = world.list_of(job)
        tasks = world.get(f"/v1/pick-lists/{list_id}")["tasks"]
        return next(f"{list_id}/{one['no']}" for one in tasks if one["fulfilment_order"] == job)

    def seen(task: str) -> Any:
        list_id, _, no = task.partition("/")
        return world.get(f"/v1/pick-lists/{list_id}")["tasks"][int(no) - 1]

    def verb(name: str, part: int = 0, **body: str) -> Callable[[str], str]:
        """For so many units, else for all that are left."""

        def tried(task: str) -> str:
            units = part or seen(task)["to_pick"] or 1
            path = f"/v1/pick-lists/{task.replace('/', '/tasks/')}/{name}"
            return answer(world.asked(path, {"quantity": units, **body}))

        return tried

    def not_wanted(task: str) -> None:
        world.cancel(seen(task)["fulfilment_order"])

    verbs = {
        TaskEvent.PART: verb("pick", 1, scanned="A1"),
        TaskEvent.PICK: verb("pick", scanned="A1"),
        TaskEvent.SHORT: verb("short", reason="mismatch"),
        TaskEvent.SUBSTITUTE: verb("substitute", reason="mismatch", sku="B2", scanned="B2"),
    }
    return Ways(
        reach={
            TaskState.OPEN: at_shelf,
            TaskState.PICKED: then(at_shelf, verbs[TaskEvent.PICK]),
            TaskState.SHORT: then(at_shelf, verbs[TaskEvent.SHORT]),
            TaskState.SUBSTITUTED: then(at_shelf, verbs[TaskEvent.SUBSTITUTE]),
            TaskState.WITHDRAWN: then(at_shelf, not_wanted),
        },
        verbs=verbs,
        facts={TaskEvent.WITHDRAW: not_wanted},
    )


def pickups(world: World) -> Ways:
    def ready() -> str:
        return f"{order_of(world.packed('pickup'))}-c1"

    def preparing() -> str:
        return f"{order_of(world.waiting_at_counter()[0])}-c1"

    def arrive(pickup: str) -> str:
        return answer(world.asked(f"/v1/pickups/{pickup}/arrived", {}))

    def verify(pickup: str) -> str:
        return answer(world.asked(f"/v1/pickups/{pickup}/verify", {"code": world.code(pickup)}))

    def collect(**body: object) -> Callable[[str], str]:
        return lambda pickup: answer(world.asked(f"/v1/pickups/{pickup}/collect", body))

    def nobody_came(pickup: str) -> None:
        world.watch.forward(days=15)
        expire_pickups(world.shop.runtime)

    S, E = PickupState, PickupEvent
    arrived, refuse = then(ready, arrive), collect(lines=[], rest="refuse")
    verified = then(arrived, verify)
    return Ways(
        reach={
            S.PREPARING: preparing,
            S.READY: ready,
            S.CUSTOMER_ARRIVED: arrived,
            S.VERIFIED: verified,
            S.COLLECTED: then(verified, collect()),
            S.EXPIRED: then(ready, nobody_came),
            S.CANCELLED: then(ready, world.cancel),
        },
        verbs={
            E.ARRIVE: arrive,
            E.VERIFY: verify,
            E.COLLECT: collect(),
            E.LEAVE: collect(lines=[]),
            E.CANCEL: refuse,
        },
        facts={E.EXPIRE: nobody_came},
        own={
            (S.PREPARING, E.MAKE_READY): lambda: f"{order_of(world.complete_at_counter())}-c1",
            (S.PREPARING, E.CANCEL): then(preparing, world.cancel),
            (S.READY, E.CANCEL): then(ready, world.cancel),
            (S.CUSTOMER_ARRIVED, E.CANCEL): then(arrived, world.cancel),
        },
        otherwise={(S.READY, E.VERIFY): "done"},  # whoever says the code is there
    )
