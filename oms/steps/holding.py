"""Set aside what a plan needs: units on shelves, units to come, back-orders, capacity; all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from inventory.outcomes import CapacityExhausted, Closed, Insufficient, Reserved, TooLong
from inventory.requests import ReserveRequest
from inventory.stock_reserve import ReserveOutcome, reserve
from oms import translate
from oms.fulfilment.layout import PlannedParcel
from oms.memory.ground import Ground
from oms.refusals import Code, LostRace, refuse
from oms.steps.settling import Chosen
from oms.work import Work
from routing.promise import Option


@dataclass(frozen=True, slots=True)
class Hold:
    """Whose the group is. ``expires_at`` None: firm. ``replaces``: the group given up in the same breath."""

    group_id: str
    reference: str
    expires_at: datetime | None = None
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class HeldPlan:
    """What is held now: the parcels, and per picked line the units on back-order."""

    group_id: str
    parcels: tuple[PlannedParcel, ...]
    backordered: Mapping[str, int]


def hold(work: Work, chosen: Chosen, wish: Hold) -> HeldPlan:
    """Hold the option's units and capacity. Raises LostRace when they are gone, Refused when nothing is left
    to hold or the group to replace is gone.
    """
    request, plan = to_hold(work, chosen, wish)
    require_held(reserve(work.conn, work.at, [request])[0], chosen)
    return plan


def to_hold(work: Work, chosen: Chosen, wish: Hold) -> tuple[ReserveRequest, HeldPlan]:
    """What to ask of the stock, and what is held once it was given. Raises Refused when nothing is left to
    hold.
    """
    ground, option = chosen.ground, chosen.option
    parcels = translate.planned(option)
    waiting = on_backorder(ground, option)
    if not parcels and not waiting:
        raise refuse(Code.INSUFFICIENT_STOCK, "Nothing of it can be had, nor back-ordered")
    request = ReserveRequest(
        group_id=wish.group_id,
        channel=ground.question.channel,
        owner=work.actor.key_id,
        reference=wish.reference,
        lines=translate.lines_to_hold(option, parcels, waiting, ground.parts),
        expires_at=wish.expires_at,
        capacity=translate.capacity_to_hold(ground.network, option.holds),
        replaces=wish.replaces,
    )
    return request, HeldPlan(wish.group_id, parcels, waiting)


def require_held(outcome: ReserveOutcome, chosen: Chosen) -> None:
    """Raises LostRace or Refused unless it was."""
    if isinstance(outcome, Insufficient):
        raise LostRace(frozenset(shortage.sku for shortage in outcome.shortages))
    if isinstance(outcome, CapacityExhausted):
        raise LostRace(frozenset(part.sku for part in chosen.ground.parts))
    if isinstance(outcome, TooLong):
        raise refuse(Code.INVALID, "A reservation lives at most four hours")
    if isinstance(outcome, Closed):
        raise refuse(Code.RESERVATION_EXPIRED, "The reservation is over")
    assert isinstance(outcome, Reserved), f"a fresh group of known names is held, not {outcome}"


def on_backorder(ground: Ground, option: Option) -> dict[str, int]:
    """Units of the unfilled lines that fit under their SKUs' caps; lines of one SKU share its cap."""
    skus = {part.id: part.sku for part in ground.parts}
    room = dict(ground.room)
    found: dict[str, int] = {}
    for unfilled in option.unfilled:
        sku = skus[unfilled.line]
        units = min(unfilled.quantity, room[sku])
        room[sku] -= units
        if units:
            found[unfilled.line] = units
    return found
