"""Counters that tell every process when something it keeps in memory has changed.

The counter's row is locked until the writer commits, so a reader that sees a number sees all that it
stands for.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from oms.store.foundation_tables import version


def bump(conn: Connection, name: str, by: int = 1) -> int:
    """Count the change of `name` ('keys', 'network', 'catalogue', …) in the writer's transaction; return
    it."""
    first = insert(version).values(name=name, number=by)
    counted = first.on_conflict_do_update(index_elements=["name"], set_={"number": version.c.number + by})
    number: int | None = conn.scalar(counted.returning(version.c.number))
    assert number is not None
    return number


def raise_to(conn: Connection, name: str, number: int) -> None:
    """Set a counter to ``number``, unless it is there or beyond."""
    first = insert(version).values(name=name, number=number)
    higher = first.on_conflict_do_update(
        index_elements=["name"], set_={"number": number}, where=version.c.number < number
    )
    conn.execute(higher)


def read_versions(conn: Connection) -> Mapping[str, int]:
    """All counters that ever moved."""
    return {row.name: row.number for row in conn.execute(select(version.c.name, version.c.number))}
