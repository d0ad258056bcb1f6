"""Hosts in network namespaces, where those may be made."""

from collections.abc import Iterator

import pytest

from benchmarks.crash_house import furnished
from benchmarks.host_house import Hosts, hosts
from benchmarks.host_network import NotPermitted


@pytest.fixture(scope="module")
def house() -> Iterator[Hosts]:
    """A primary and a replica on hosts of their own, plenty of stock, and no server yet."""
    try:
        with hosts(furnished, durable=False) as made:
            yield made
    except NotPermitted as error:
        pytest.skip(f"Several hosts cannot be made on this machine: {error}")
