"""A process of our own for tests below HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from oms.bootstrap import Runtime, start
from oms.settings import Settings


@pytest.fixture
def running(engine: Engine, database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """A started process on the emptied database."""
    runtime = start(Settings(database_url=database_url, data_dir=tmp_path))
    yield runtime
    runtime.close()
