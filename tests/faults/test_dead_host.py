"""A machine that died says nothing, not even that it is gone: nobody waits two hours for its answer."""

from __future__ import annotations

import socket

import psycopg

from oms.delivering import queue_connector
from oms.store.database import REACH_S, connect
from tests.coroutines import run
from tests.faults.relay import relayed


def told(line: int) -> dict[str, int]:
    """What the system was told of a connection, in seconds."""
    options = {
        "idle": socket.TCP_KEEPIDLE,
        "interval": socket.TCP_KEEPINTVL,
        "count": socket.TCP_KEEPCNT,
        "unheard": socket.TCP_USER_TIMEOUT,
    }
    with socket.fromfd(line, socket.AF_INET, socket.SOCK_STREAM) as same:
        assert same.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        found = {name: same.getsockopt(socket.IPPROTO_TCP, option) for name, option in options.items()}
    return found | {"unheard": found["unheard"] // 1000}


def within_reach(line: int) -> bool:
    found = told(line)
    silence_s = found["idle"] + found["interval"] * found["count"]
    return found["unheard"] <= REACH_S and silence_s <= 2 * REACH_S


def test_requests_and_jobs_notice_it_within_twenty_seconds(lone_url: str) -> None:
    with relayed(lone_url) as (url, _):
        engine = connect(url)
        with engine.connect() as conn:
            driver = conn.connection.driver_connection
            assert isinstance(driver, psycopg.Connection) and within_reach(driver.fileno())
        engine.dispose()

        async def of_the_queue() -> bool:
            connector = queue_connector(url, 1)
            await connector.open_async()
            try:
                async with connector.pool.connection() as waiting:
                    return within_reach(waiting.fileno())
            finally:
                await connector.close_async()

        assert run(of_the_queue())
