"""Column types PostgreSQL has and SQLAlchemy does not."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.types import UserDefinedType


class Xid8(UserDefinedType[int]):
    """A transaction id of 64 bits, never reused: by this stamp the feed finds what changed. Read as `int`."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Name the type in DDL."""
        return "xid8"

    def bind_processor(self, dialect: Dialect) -> Callable[[int | None], str | None]:
        """Send as text; PostgreSQL has no cast from bigint to xid8."""
        return lambda value: None if value is None else str(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], int | None]:
        """Read as a Python integer."""
        return lambda value: None if value is None else int(value)
