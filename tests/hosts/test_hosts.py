"""Server and worker processes on several hosts, one PostgreSQL and its replica, a network between them."""

from __future__ import annotations

import re
import socket

import httpx
import psycopg
import pytest

from benchmarks.crash_house import SKUS, client_of
from benchmarks.host_house import PORT, Hosts
from benchmarks.host_kills import run
from benchmarks.host_network import NotPermitted, network
from oms.store.database import conninfo
from tests.platform.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def test_where_hosts_cannot_be_made_it_is_said_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotPermitted, match="iproute2"), network():
        pass


def test_hosts_are_apart_but_for_their_network_and_the_database_wants_its_password(house: Hosts) -> None:
    db, replica, client = house.network.hosts[:3]
    with client.inside():
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(conninfo(house.primary.url), password="wrong").close()
        with pytest.raises(OSError, match=r"refused|unreachable"):
            socket.create_connection(("127.0.0.1", 5432), 2)
    with replica.inside(), pytest.raises(OSError, match="refused"):
        socket.create_connection((db.address, PORT), 2)


def test_a_process_killed_and_one_added_under_load_lose_and_double_nothing(house: Hosts) -> None:
    house.add(2)
    house.add_worker()
    found = run(house, turns=1, clients=4)
    assert not found["wrong"], found
    assert found["orders_acknowledged"] >= 10 and found["replays"] >= 60, found
    assert len(house.bases) == 2


def test_what_a_host_committed_another_shows_within_moments(house: Hosts) -> None:
    one, other = house.bases
    line = {"node": "WH", "sku": SKUS[-1], "cause": "receive", "quantity": 7, "reference": "extra"}
    with client_of(house.admin_key) as client:
        before = available(client, other)
        answer = client.post(
            f"{one}/v1/stock/movements", json={"movements": [line]}, headers={"Idempotency-Key": "extra"}
        )
        assert answer.status_code == 201, answer.text
        assert eventually(lambda: available(client, other) == before + 7, 10)


def test_lists_and_events_are_read_from_the_replica_on_its_own_host(house: Hosts) -> None:
    with client_of(house.admin_key) as client:

        def read_there() -> bool:
            lists = [client.get(f"{base}/v1/{what}") for base in house.bases for what in ("orders", "events")]
            assert all(one.json()["items"] for one in lists)
            return all(reads_of_the_replica(client, base) for base in house.bases)

        assert eventually(read_there, 30)


def reads_of_the_replica(client: httpx.Client, base: str) -> float:
    told = client.get(f"{base}/metrics").text
    found = re.search(r'^anyshelf_process_reads_total{server="replica"} (\S+)$', told, re.MULTILINE)
    assert found, told
    return float(found[1])


def available(client: httpx.Client, base: str) -> int:
    answer = client.post(f"{base}/v1/availability", json={"skus": [SKUS[-1]]})
    assert answer.status_code == 200, answer.text
    return int(answer.json()["items"][0]["available"])
