"""A COMMIT that hangs or is cut off: nobody is told what is not so, and the same request again settles it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from oms import writer
from tests.checkout.conftest import Shop, basket, furnished
from tests.faults.outage import refused
from tests.faults.relay import Relay, relayed
from tests.platform.waiting import eventually
from tests.support import HOME

MAYBE = "may have been written"
NOTHING = "nothing was done"
UNITS = "SELECT sum(reserved) FROM position"


@pytest.fixture
def wired(lone_url: str, tmp_path: Path) -> Iterator[tuple[Shop, Relay]]:
    """The furnished world behind a wire that can be cut."""
    with relayed(lone_url) as (url, relay), furnished(url, tmp_path) as shop:
        yield shop, relay


def placing(shop: Shop, id: str, held: str | None) -> Callable[[], Response]:
    """An order of one unit: by the group, or from a reservation, which has a transaction of its own."""
    if held is None:
        return lambda: shop.place(id, ("A1", 1), method="ship")
    lines = [line | {"unit_price_minor": 1000} for line in basket(("A1", 1))]
    body = {"channel": "web", "currency": "USD", "destination": HOME, "reservation_id": held, "lines": lines}
    return lambda: shop.web.put(f"/v1/orders/{id}", json=body)


def reserved(shop: Shop, key: str = "r") -> Response:
    ask: dict[str, Any] = {"lines": basket(("A1", 1)), "destination": HOME, "methods": ["ship"]}
    return shop.post("/v1/promises", ask | {"reserve": {"option": "cheapest", "ttl_s": 900}}, key=key)


@pytest.mark.parametrize("apart", [False, True])
def test_an_order_whose_commit_was_done_but_never_heard_of_is_there_once(
    wired: tuple[Shop, Relay], apart: bool
) -> None:
    shop, relay = wired
    held = reserved(shop).json()["reservation"]["reservation_id"] if apart else None
    place = placing(shop, "o-cut", held)
    relay.arm("o-cut", cut=True)
    refused(place(), MAYBE)
    assert relay.caught.is_set()
    assert eventually(lambda: shop.scalar("SELECT count(*) FROM \"order\" WHERE id = 'o-cut'") == 1)
    units = shop.scalar(UNITS)
    first, again = place(), place()
    assert (first.status_code, again.status_code) == (200, 200), first.text
    assert first.content == again.content
    assert shop.scalar(UNITS) == units
    assert shop.scalar('SELECT count(*) FROM "order"') == 1
    shop.audit()


def test_a_reservation_whose_commit_was_done_but_never_heard_of_is_held_once(
    wired: tuple[Shop, Relay],
) -> None:
    shop, relay = wired
    relay.arm("reserve-once", cut=True)
    refused(reserved(shop, "reserve-once"), MAYBE)
    assert eventually(lambda: shop.scalar("SELECT count(*) FROM reservation_group") == 1)
    first, again = reserved(shop, "reserve-once"), reserved(shop, "reserve-once")
    assert first.status_code == 200 and first.content == again.content
    assert (shop.scalar("SELECT count(*) FROM reservation_group"), shop.scalar(UNITS)) == (1, 1)
    shop.audit()


@contextmanager
def lingering(url: str, id: str) -> Iterator[Callable[[], int | None]]:
    """COMMITs of an order of this id take half a minute; the server's process that is at one."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as conn:
        conn.execute(
            text(
                "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN IF NEW.id = '{id}' THEN PERFORM pg_sleep(30); END IF; RETURN NULL; END $$"
            )
        )
        conn.execute(
            text(
                'CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON "order" DEFERRABLE INITIALLY DEFERRED'
                " FOR EACH ROW EXECUTE FUNCTION linger()"
            )
        )

    def at_commit() -> int | None:
        with engine.connect() as conn:
            found = "SELECT pid FROM pg_stat_activity WHERE query = 'COMMIT' AND wait_event = 'PgSleep'"
            pid: int | None = conn.scalar(text(f"{found} AND datname = current_database()"))
            return pid

    yield at_commit
    with engine.begin() as conn:
        conn.execute(text("DROP FUNCTION linger CASCADE"))


def end(url: str, pid: int | None) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as conn:
        assert conn.scalar(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


def test_a_connection_ended_while_it_commits_leaves_nothing_half_done(lone_shop: Shop, lone_url: str) -> None:
    shop, said = lone_shop, []
    with lingering(lone_url, "o-slow") as at_commit:
        asking = threading.Thread(target=lambda: said.append(shop.place("o-slow", ("A1", 1), method="ship")))
        asking.start()
        assert eventually(lambda: at_commit() is not None)
        end(lone_url, at_commit())
        asking.join()
        refused(said[0], MAYBE)
    assert shop.scalar('SELECT count(*) FROM "order"') == 0
    first, again = (shop.place("o-slow", ("A1", 1), method="ship") for _ in range(2))
    assert (first.status_code, again.status_code, again.content) == (201, 200, first.content)
    assert shop.scalar(UNITS) == 1
    shop.audit()


def test_a_commit_that_hangs_holds_nobody_for_ever(
    wired: tuple[Shop, Relay], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one whose group it is hears that it may be written, those behind it that they are not."""
    shop, relay = wired
    monkeypatch.setattr(writer, "PATIENCE_S", 0.5)
    monkeypatch.setattr(writer, "COMMIT_S", 0.5)
    relay.arm("o-hung", cut=False)
    refused(shop.place("o-hung", ("A1", 1), method="ship"), MAYBE)
    assert relay.caught.is_set()
    refused(shop.place("o-behind", ("A1", 1), method="ship"), NOTHING)
    assert shop.runtime.writer.gathered == 0
    refused(shop.admin.get("/readyz"), "has not answered")
    assert shop.scalar('SELECT array_agg(id) FROM "order"') == ["o-hung"]
    relay.release()
    assert eventually(lambda: shop.place("o-behind", ("A1", 1), method="ship").status_code in (200, 201))
    assert shop.place("o-hung", ("A1", 1), method="ship").status_code == 200
    assert shop.admin.get("/readyz").status_code == 200
    assert (shop.scalar('SELECT count(*) FROM "order"'), shop.scalar(UNITS)) == (2, 2)
    shop.audit()
