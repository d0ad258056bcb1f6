"""A whole process for a command; apart, as most commands do without and would only load it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from api.cli.console import settings_on_schema
from oms.bootstrap import Runtime, start


@contextmanager
def runtime() -> Iterator[Runtime]:
    """A whole process for the block, its memory following the database. Raises Refused."""
    with closing(start(settings_on_schema())) as running:
        yield running
