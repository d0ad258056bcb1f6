"""Hold what was promised for a while, hold it longer, let it go."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from inventory.outcomes import Closed, Extended, Released, TooLong
from inventory.positions import Group
from inventory.requests import ExtendRequest, VoidRequest
from inventory.stock_groups import extend, void
from inventory.store.locks import lock_groups
from inventory.store.tables import reservation_group
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.memory.ground import Ground, Question
from oms.orders.quote import Quote, QuotedOption
from oms.refusals import Code, Fault, Refused, not_found, refuse
from oms.steps.deciding import decision_of
from oms.steps.holding import HeldPlan, Hold
from oms.steps.settling import Chosen, settle
from oms.steps.writing import Wish, settle_together
from oms.store.drafts import Draft
from oms.store.held_quotes import HeldQuote
from oms.store.two_clocks import agreed
from oms.usecases.promises import (
    Basket,
    document,
    kept,
    offered,
    option_of,
    question_of,
    read_quote,
)
from oms.work import Answer, RequestKey, Work, answer_once

RESERVATION = "reservation"


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Reserve the option with this tag in the breath that promises it."""

    tag: str
    ttl_s: int


async def reserve_quoted(
    runtime: Runtime, actor: Actor, key: RequestKey, token: str, option_id: str, ttl_s: int
) -> Answer:
    """Hold an option of a quote. Raises Refused with fresh options when the promise no longer stands."""
    quote = read_quote(runtime, token)
    actor.require_channel(quote.channel, "/quote_id")
    shown = option_of(quote, option_id)
    question = Question(quote.lines, quote.channel, quote.destination, shown.pickup_node)

    def choose(ground: Ground) -> Chosen:
        return kept(runtime, actor, ground, quote, shown)

    def draft(work: Work, chosen: Chosen, plan: HeldPlan) -> Draft:
        return _made(work, chosen, plan, Made(quote, shown, ttl_s, 201))

    wish = Wish(lambda work, _: _held_for(work, ttl_s), draft)

    def run(fn: Callable[[Work], Answer]) -> Answer:
        return answer_once(runtime, actor, key, fn)

    return await settle_together(runtime, actor, question, key, run, choose, wish)


async def promise_and_reserve(
    runtime: Runtime, actor: Actor, key: RequestKey, basket: Basket, at_once: AtOnce, own_group: str | None
) -> Answer:
    """Options for a basket, one of them held already. ``own_group``: an older reservation it replaces."""
    question = question_of(runtime, actor, basket, own_group)

    def choose(ground: Ground) -> Chosen:
        quoted, option = _tagged(runtime, ground, basket, at_once.tag)
        return Chosen(option, quoted.promise, ground)

    def to_hold(work: Work, _: Chosen) -> Hold:
        if own_group is not None:
            own_reservation(work, own_group)
        return _held_for(work, at_once.ttl_s, own_group)

    def draft(work: Work, chosen: Chosen, plan: HeldPlan) -> Draft:
        found = offered(runtime, chosen.ground, basket)
        pair = found.tagged(at_once.tag)
        assert pair is not None, "the same ground offers the same options"
        return _made(
            work,
            chosen,
            plan,
            Made(found.quote, pair[0], at_once.ttl_s, 200, document(runtime, actor, found), own_group),
        )

    wish = Wish(to_hold, draft)

    def run(fn: Callable[[Work], Answer]) -> Answer:
        return answer_once(runtime, actor, key, fn)

    if own_group is not None:  # what it holds is in the database, and its row is locked first
        return await asyncio.to_thread(settle, runtime, question, run, choose, wish.write)
    return await settle_together(runtime, actor, question, key, run, choose, wish)


def extend_reservation(work: Work, group_id: str, ttl_s: int) -> dict[str, Any]:
    """Hold it until ``ttl_s`` from now. Raises Refused: not_found, reservation_expired, invalid (4 h)."""
    own_reservation(work, group_id)
    at = agreed(work.conn, work.at)
    outcome = extend(work.conn, at, [ExtendRequest(group_id, at + timedelta(seconds=ttl_s))])[0]
    if isinstance(outcome, TooLong):
        fault = Fault("/ttl_s", "out_of_range", f"At the latest {outcome.latest.isoformat()}")
        raise refuse(Code.INVALID, "A reservation lives at most four hours", fault)
    if isinstance(outcome, Closed):
        raise refuse(Code.RESERVATION_EXPIRED, "The reservation is over")
    assert isinstance(outcome, Extended), f"the group is there and open, so not {outcome}"
    expires_at = outcome.expires_at
    work.emit("reservation.extended", RESERVATION, group_id, {"expires_at": expires_at.isoformat()})
    return shown(group_id, "active", expires_at)


def void_reservation(work: Work, group_id: str) -> dict[str, Any]:
    """Set it free. Once is enough: voiding again finds it voided. Raises Refused: not_found,
    illegal_transition for one an order stands behind.
    """
    group = own_reservation(work, group_id)
    if group.state in ("firm", "posted"):
        raise refuse(Code.ILLEGAL_TRANSITION, "An order stands behind it: cancel the order")
    outcome = void(work.conn, work.at, [VoidRequest(group_id)])[0]
    assert isinstance(outcome, Released), f"a whole group can always be voided, not {outcome}"
    if outcome.quantity:
        work.emit("reservation.voided", RESERVATION, group_id, {"quantity": outcome.quantity})
    return shown(group_id, outcome.state, None)


def read_reservation(runtime: Runtime, actor: Actor, group_id: str) -> dict[str, Any]:
    """A reservation as it stands; one whose time is up is expired, swept or not. Raises Refused not_found."""
    with runtime.engine.connect() as conn:
        row = conn.execute(select(reservation_group).where(reservation_group.c.id == group_id)).first()
        at = agreed(conn, runtime.clock.now())
    if row is None or not (actor.trusted or row.owner == actor.key_id):
        raise not_found("reservation")
    over = row.state == "active" and row.expires_at <= at
    return shown(group_id, "expired" if over else row.state, row.expires_at)


def require_own(runtime: Runtime, actor: Actor, group_id: str) -> None:
    """Only one's own reservation may be looked through. Raises Refused unknown_reservation."""
    try:
        read_reservation(runtime, actor, group_id)
    except Refused as refused:
        fault = Fault("/reservation_id", Code.UNKNOWN_RESERVATION, "No such reservation")
        raise refuse(Code.UNKNOWN_RESERVATION, "There is no such reservation", fault) from refused


def own_reservation(work: Work, group_id: str) -> Group:
    """The group, locked, if it is the caller's or the caller sees all. Raises Refused not_found."""
    group = lock_groups(work.conn, [group_id]).get(group_id)
    visible = group is not None and (work.actor.trusted or group.owner == work.actor.key_id)
    if group is None or not visible:
        raise not_found("reservation")
    return group


def shown(group_id: str, state: str, expires_at: datetime | None) -> dict[str, Any]:
    """A reservation as it is answered."""
    return {"reservation_id": group_id, "state": state, "expires_at": expires_at}


def _tagged(runtime: Runtime, ground: Ground, basket: Basket, tag: str) -> tuple[QuotedOption, Any]:
    found = offered(runtime, ground, basket)
    pair = found.tagged(tag)
    if pair is None:
        codes = {one.code for one in found.unavailable}
        code = Code.INSUFFICIENT_STOCK if Code.INSUFFICIENT_STOCK in codes else Code.NO_FEASIBLE_PLAN
        faults = [Fault("/methods", one.code, f"{one.method}: {one.detail}") for one in found.unavailable]
        raise refuse(code, "Nothing can be promised, so nothing is held", *faults)
    return pair


@dataclass(frozen=True, slots=True)
class Made:
    """What a new reservation was made for, how long it holds, and how it is answered: under ``reservation``
    of a document, or by itself. ``replaces``: the reservation given up for it.
    """

    quote: Quote
    option: QuotedOption
    ttl_s: int
    status: int
    document: dict[str, Any] | None = None
    replaces: str | None = None


def _held_for(work: Work, ttl_s: int, replaces: str | None = None) -> Hold:
    group_id = work.ids.new("res")
    return Hold(group_id, group_id, work.at + timedelta(seconds=ttl_s), replaces)


def _made(work: Work, chosen: Chosen, plan: HeldPlan, made: Made) -> Draft:
    group_id, expires_at = plan.group_id, work.at + timedelta(seconds=made.ttl_s)
    destination = chosen.ground.question.destination
    decision = decision_of(work, chosen, group_id, "reservation")
    event = {
        "decision": decision.id,
        "channel": made.quote.channel,
        "expires_at": expires_at.isoformat(),
        **({"replaces": made.replaces} if made.replaces else {}),
    }
    work.emit("reservation.made", RESERVATION, group_id, event)
    held = shown(group_id, "active", expires_at)
    answered = held if made.document is None else made.document | {"reservation": held}
    return Draft(
        answer=Answer.of(made.status, answered),
        decision=decision,
        held_quote=HeldQuote(
            group_id,
            made.quote.only(made.option.id),
            plan.parcels,
            dict(plan.backordered),
            destination.digest if destination else "",
        ),
    )
