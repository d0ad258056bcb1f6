"""Statements on waves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update

from inventory.store.tables import node
from oms.store.rows import insert_rows
from oms.store.wave_tables import wave, wave_move

SILENCE = timedelta(minutes=15)
"""A wave that runs longer has lost its process."""

_OPEN_ORDERS = text(
    """
    SELECT f.order_id FROM fulfilment_order f JOIN node n ON n.id = f.node
    WHERE f.state IN ('scheduled', 'offered', 'accepted') AND NOT f.on_hold AND f.ship_at > :at
    GROUP BY f.order_id HAVING bool_and(n.market = :market)
    ORDER BY min(f.ship_at), f.order_id LIMIT :most
    """
)
_MARKETS = text(
    """
    SELECT DISTINCT n.market FROM fulfilment_order f JOIN node n ON n.id = f.node
    WHERE f.state IN ('scheduled', 'offered', 'accepted') ORDER BY n.market
    """
)


@dataclass(frozen=True, slots=True)
class Wave:
    """Costs are felt ones of the orders in it, before and after; ``bound_minor``: no plan of them costs
    less. ``after_minor`` and ``gap`` are of what was applied.
    """

    id: str
    at: datetime
    market: str
    deadline_s: float
    state: str
    begun_at: datetime | None
    ended_at: datetime | None
    currency: str
    orders: int
    before_minor: int
    after_minor: int
    bound_minor: int
    gap: float
    detail: str


@dataclass(frozen=True, slots=True)
class WaveMove:
    """``outcome``: moved; changed meanwhile; or its units were taken meanwhile."""

    order_id: str
    outcome: str
    saved_minor: int
    nodes_before: Sequence[str]
    nodes_after: Sequence[str]


_SHOWN = [column for column in wave.c if column.name != "actor"]


def queue_wave(conn: Connection, id: str, at: datetime, actor: str, market: str, deadline_s: float) -> None:
    row = {"id": id, "at": at, "actor": actor, "market": market, "deadline_s": deadline_s}
    conn.execute(insert(wave).values(row))


def wave_of(conn: Connection, id: str) -> Wave | None:
    row = conn.execute(select(*_SHOWN).where(wave.c.id == id)).one_or_none()
    return Wave(*row) if row else None


def waves(conn: Connection, most: int) -> list[Wave]:
    """The newest first."""
    found = select(*_SHOWN).order_by(wave.c.at.desc(), wave.c.id).limit(most)
    return [Wave(*row) for row in conn.execute(found)]


def moves_of(conn: Connection, id: str, most: int) -> list[WaveMove]:
    """Of a wave, those that saved most first."""
    columns = [column for column in wave_move.c if column.name != "wave_id"]
    found = select(*columns).where(wave_move.c.wave_id == id)
    ordered = found.order_by(wave_move.c.saved_minor.desc(), wave_move.c.order_id).limit(most)
    return [WaveMove(*row) for row in conn.execute(ordered)]


def outcomes_of(conn: Connection, id: str) -> dict[str, int]:
    """How many orders came to what."""
    counted = select(wave_move.c.outcome, func.count()).where(wave_move.c.wave_id == id)
    return {row[0]: row[1] for row in conn.execute(counted.group_by(wave_move.c.outcome))}


def claim_wave(conn: Connection, at: datetime) -> Wave | None:
    """Take the oldest queued one; what runs for too long is given up."""
    lost = (wave.c.state == "running") & (wave.c.begun_at < at - SILENCE)
    conn.execute(
        update(wave).where(lost).values(state="failed", ended_at=at, detail="Its process did not survive")
    )
    first = select(wave.c.id).where(wave.c.state == "queued").order_by(wave.c.at, wave.c.id)
    id = conn.scalar(first.limit(1).with_for_update(skip_locked=True))
    if id is None:
        return None
    conn.execute(update(wave).where(wave.c.id == id).values(state="running", begun_at=at))
    return wave_of(conn, id)


def put_back(conn: Connection, id: str) -> None:
    """Its process closed before it was solved: another's takes it."""
    ours = (wave.c.id == id) & (wave.c.state == "running")
    conn.execute(update(wave).where(ours).values(state="queued", begun_at=None))


def waiting_markets(conn: Connection) -> set[str]:
    """Markets with a wave that is queued or runs."""
    open_waves = select(wave.c.market).where(wave.c.state.in_(("queued", "running")))
    return set(conn.scalars(open_waves))


def markets_of_nodes(conn: Connection) -> list[str]:
    """Every market that nodes belong to, the nameless one included."""
    return sorted(set(conn.scalars(select(node.c.market).distinct())))


def open_markets(conn: Connection) -> list[str]:
    """Markets whose nodes have work nobody has begun to pick."""
    return list(conn.scalars(_MARKETS))


def open_orders(conn: Connection, market: str, at: datetime, most: int) -> list[str]:
    """Orders of the market that nodes have not begun to pick, what leaves first first."""
    return list(conn.scalars(_OPEN_ORDERS, {"market": market, "at": at, "most": most}))


def end_wave(conn: Connection, id: str, at: datetime, moves: Sequence[WaveMove], **values: Any) -> None:
    """Write down what came of it."""
    conn.execute(update(wave).where(wave.c.id == id).values(ended_at=at, **values))
    insert_rows(conn, wave_move, [{"wave_id": id, **asdict(one)} for one in moves])
