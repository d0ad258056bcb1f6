"""A database of one's own for a whole module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import clone


@pytest.fixture(scope="module")
def one_database(server_url: str, template: str) -> Iterator[str]:
    """Migrated and empty; dropped after the module."""
    with clone(server_url, template) as url:
        yield url
