"""Whatever has gathered, in one transaction: each request admitted or refused by itself on the locked rows.

Nothing here is undone half-way, so no savepoints: a request that is refused was refused before anything of it
was written, because stock is decided in memory (`inventory.stock_reserve`) and everything else is drafted
first and written for all at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from inventory.outcomes import Reserved
from inventory.requests import ReserveRequest
from inventory.stock_reserve import ReserveOutcome, reserve
from oms.actors import Actor
from oms.refusals import TRANSIENT, Code, LostRace, Refusal, Refused, refuse
from oms.store import outbox
from oms.store.drafts import Draft, write_drafts
from oms.store.orders import first_answers, try_alone
from oms.store.requests import Answer, RequestKey, claim, record
from oms.store.waking import wake
from oms.work import Resources, Work

PATIENCE_MS = 1_000
"""How long a group waits for rows that others hold; then whoever does not want them shall wait no longer."""
_PATIENCE = text("SELECT set_config('lock_timeout', :patience, true)")


@dataclass(frozen=True, slots=True)
class OrderKey:
    """An order is placed once under its id; ``digest`` is that of the body."""

    id: str
    digest: str


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One request as it waits to be written. ``key``: what makes it happen only once.

    ``ask`` says what to hold, or raises Refused, before anything is locked; ``draft`` is called with what
    became of that, and raises LostRace or Refused unless it was held. What they make is written later.
    """

    actor: Actor
    key: OrderKey | RequestKey
    ask: Callable[[Work], ReserveRequest]
    draft: Callable[[Work, ReserveOutcome], Draft]

    @property
    def name(self) -> tuple[str, str]:
        """What must not be twice in a group."""
        return ("", self.key.id) if isinstance(self.key, OrderKey) else (self.key.key_id, self.key.key)


class Elsewhere(Exception):
    """Not in a group: somebody else is placing an order of this id, or the group failed. Nothing was done; do
    it in a transaction of its own.
    """


Outcome = Answer | Refused | LostRace | Elsewhere


def commit_group(resources: Resources, entries: Sequence[Entry]) -> list[Outcome]:
    """One outcome for each entry, in their order, durable once this returns. Keys are named once in a group.

    Raises Overtaken and whatever the database raises; then nothing of any of them was done.
    """
    with resources.engine.begin() as conn:
        conn.execute(_PATIENCE, {"patience": f"{PATIENCE_MS}ms"})
        at = resources.clock.now()
        outcomes = _before(conn, entries)
        fresh = [place for place in range(len(entries)) if place not in outcomes]
        works = [Work(conn, at, entry.actor, resources.ids) for entry in entries]
        drafts = _admitted(conn, at, [(place, entries[place], works[place]) for place in fresh], outcomes)
        write_drafts(conn, list(drafts.values()))
        _keep(conn, at, [(entries[place], outcomes[place]) for place in fresh])
        events = [event for place in drafts for event in works[place].events]
        outbox.append(conn, events)
        wake(conn, events)
    return [outcome for _, outcome in sorted(outcomes.items())]


def _admitted(
    conn: Connection,
    at: datetime,
    fresh: Sequence[tuple[int, Entry, Work]],
    outcomes: dict[int, Outcome],
) -> dict[int, Draft]:
    """Hold stock for those that have no outcome yet, in their order; drafts of the held, by place."""
    asking: list[tuple[int, Entry, Work, ReserveRequest]] = []
    for place, entry, work in fresh:
        try:
            asking.append((place, entry, work, entry.ask(work)))
        except Refused as refused:
            outcomes[place] = refused
    held = reserve(conn, at, [request for *_, request in asking]) if asking else []
    drafts: dict[int, Draft] = {}
    for (place, entry, work, _), outcome in zip(asking, held, strict=True):
        try:
            drafts[place] = entry.draft(work, outcome)
            outcomes[place] = drafts[place].answer
        except (Refused, LostRace) as no:
            assert not isinstance(outcome, Reserved), "what is held is written"
            outcomes[place] = no
    return drafts


def _before(conn: Connection, entries: Sequence[Entry]) -> dict[int, Outcome]:
    """Outcomes of those that were answered before, or are being worked on by others; by place."""
    outcomes: dict[int, Outcome] = {}
    asked = {place: entry.key for place, entry in enumerate(entries) if isinstance(entry.key, RequestKey)}
    for place, said in zip(asked, claim(conn, list(asked.values())) if asked else (), strict=True):
        if said is not None:
            outcomes[place] = said if isinstance(said, Answer) else Refused(said)
    orders = {place: entry.key for place, entry in enumerate(entries) if isinstance(entry.key, OrderKey)}
    # The answers are looked for by a statement after the one that locks: what others committed is seen.
    alone = try_alone(conn, [key.id for key in orders.values()])
    known = first_answers(conn, list(alone))
    for place, key in orders.items():
        if key.id not in alone:
            outcomes[place] = Elsewhere()
        elif key.id in known:
            outcomes[place] = replayed(key.digest, *known[key.id])
    return outcomes


def replayed(asked: str, digest: str, body: bytes) -> Answer | Refused:
    """What a repeated placing is answered. ``asked``, ``digest``: those of the body now and of the first."""
    if digest != asked:
        return refuse(Code.ORDER_EXISTS, "An order of this id was placed with another body")
    return Answer(200, body, {})


def _keep(conn: Connection, at: datetime, done: Sequence[tuple[Entry, Outcome]]) -> None:
    """The answers of requests that have a key of their own, refusals included."""
    kept: list[tuple[RequestKey, Answer | Refusal]] = []
    for entry, outcome in done:
        if isinstance(entry.key, RequestKey):
            if isinstance(outcome, Answer):
                kept.append((entry.key, outcome))
            elif isinstance(outcome, Refused) and outcome.refusal.code not in TRANSIENT:
                kept.append((entry.key, outcome.refusal))
    record(conn, at, kept)
