"""The furnished world on a database of its own, which a test may take away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.checkout.conftest import Shop, furnished
from tests.checkout.conftest import shop as shop


@pytest.fixture
def lone_url(fresh_database: Callable[[], str]) -> str:
    return fresh_database()


@pytest.fixture
def lone_shop(lone_url: str, tmp_path: Path) -> Iterator[Shop]:
    with furnished(lone_url, tmp_path) as made:
        yield made
