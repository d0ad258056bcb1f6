"""What-if runs: queued, claimed by a worker, looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, null, select, update

from oms.store.what_if_tables import what_if

SILENCE = timedelta(minutes=2)
"""A run whose worker has said nothing for so long has lost its process, or that its database."""
LOST = "It was not heard of for two minutes, because its process ended or had no database; ask again"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """``wanted`` and ``result`` as JSON; ``done`` of ``runs`` replays are played."""

    id: str
    at: datetime
    wanted: Mapping[str, Any]
    state: str
    begun_at: datetime | None
    ended_at: datetime | None
    done: int
    runs: int
    result: Mapping[str, Any] | None
    detail: str


_SHOWN = [column for column in what_if.c if column.name not in ("actor", "seen_at")]
_LISTED: list[ColumnElement[Any]] = [
    null().label("result") if column.name == "result" else column for column in _SHOWN
]


def queue_what_if(
    conn: Connection, id: str, at: datetime, actor: str, wanted: Mapping[str, Any], runs: int
) -> None:
    row = {"id": id, "at": at, "actor": actor, "wanted": wanted, "runs": runs}
    conn.execute(insert(what_if).values(row))


def what_if_of(conn: Connection, id: str) -> WhatIf | None:
    row = conn.execute(select(*_SHOWN).where(what_if.c.id == id)).one_or_none()
    return WhatIf(*row) if row else None


def what_ifs(conn: Connection, most: int) -> list[WhatIf]:
    """The newest first, without their results."""
    found = select(*_LISTED).order_by(what_if.c.at.desc(), what_if.c.id).limit(most)
    return [WhatIf(*row) for row in conn.execute(found)]


def claim_what_if(conn: Connection, at: datetime) -> WhatIf | None:
    """Take the oldest queued one; a silent one is given up."""
    lost = (what_if.c.state == "running") & (what_if.c.seen_at < at - SILENCE)
    conn.execute(update(what_if).where(lost).values(state="failed", ended_at=at, detail=LOST))
    first = select(what_if.c.id).where(what_if.c.state == "queued").order_by(what_if.c.at, what_if.c.id)
    id = conn.scalar(first.limit(1).with_for_update(skip_locked=True))
    if id is None:
        return None
    conn.execute(
        update(what_if).where(what_if.c.id == id).values(state="running", begun_at=at, seen_at=at, done=0)
    )
    return what_if_of(conn, id)


def write_what_if(conn: Connection, id: str, **values: Any) -> bool:
    """Write down how far it is, or what came of it; False: it was given up."""
    mine = (what_if.c.id == id) & (what_if.c.state == "running")
    return conn.execute(update(what_if).where(mine).values(**values)).rowcount == 1
