"""What-if runs: queued, claimed by a worker, looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, null, select, update

from oms.store.what_if_tables import what_if

SILENCE = timedelta(minutes=2)
"""A run whose worker has said nothing for so long has lost its process, or that its database; it is begun
again."""
ATTEMPTS_MOST = 3
"""A run that its processes did not survive so often is given up: it may be what ended them."""
LOST = "It was not heard of for two minutes, because its process ended or had no database"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """``wanted`` and ``result`` as JSON; ``done`` of ``runs`` replays are played; it was begun
    ``attempts`` times, and the last of them is the one that may write.
    """

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
    attempts: int


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
    """Take the oldest that nobody plays, those begun least often first, so that one which ends its processes
    holds up no other. A silent one begun too often is given up.
    """
    silent = (what_if.c.state == "running") & (what_if.c.seen_at < at - SILENCE)
    waiting = select(what_if.c.id).where((what_if.c.state == "queued") | silent)
    first = waiting.order_by(what_if.c.attempts, what_if.c.at, what_if.c.id).limit(1)
    while (id := conn.scalar(first.with_for_update(skip_locked=True))) is not None:
        found = what_if_of(conn, id)
        assert found is not None
        if found.state == "running" and found.attempts >= ATTEMPTS_MOST:
            put_back(conn, found, at, LOST)
            continue
        begun = {"state": "running", "begun_at": at, "seen_at": at, "done": 0, "attempts": found.attempts + 1}
        conn.execute(update(what_if).where(what_if.c.id == id).values(**begun))
        return what_if_of(conn, id)
    return None


def put_back(conn: Connection, mine: WhatIf, at: datetime, why: str) -> bool:
    """Its process did not survive it: it waits for its next attempt, or has failed after the last of them.
    False: it is no longer ours.
    """
    if mine.attempts < ATTEMPTS_MOST:
        return write_what_if(conn, mine, state="queued", detail=f"{why}; it is tried again")
    detail = f"{why}; it was begun {mine.attempts} times and is given up. Choose fewer days"
    return write_what_if(conn, mine, state="failed", ended_at=at, detail=detail)


def write_what_if(conn: Connection, mine: WhatIf, **values: Any) -> bool:
    """Write down how far it is, or what came of it; False: it was taken for lost, and is no longer ours."""
    ours = (what_if.c.id == mine.id) & (what_if.c.state == "running") & (what_if.c.attempts == mine.attempts)
    return conn.execute(update(what_if).where(ours).values(**values)).rowcount == 1
