"""Taking a database away for a while, and what a clear refusal looks like."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from httpx import Response
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool


@contextmanager
def gone(url: str) -> Iterator[None]:
    """The database ends all connections and takes no new ones while the block runs."""
    name = make_url(url).database
    _on_server(url, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    _on_server(url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    try:
        yield
    finally:
        _on_server(url, f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def refused(answer: Response, says: str) -> None:
    """It is a clear "not now": named, with the time to wait, and ``says`` why."""
    said: Any = answer.json()
    assert (answer.status_code, said["code"]) == (503, "unavailable"), answer.text
    assert says in said["detail"] and int(answer.headers["Retry-After"]) >= 1


def _on_server(url: str, statement: str) -> None:
    elsewhere = make_url(url).set(database="postgres")
    engine = create_engine(elsewhere, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as conn:
        conn.execute(text(statement))
