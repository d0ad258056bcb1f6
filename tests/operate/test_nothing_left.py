"""After erasing, nothing in any table names the person: signed tokens and packed columns taken apart too."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import text

from tests.checkout.conftest import Shop, basket
from tests.courier.conftest import Road, road
from tests.handover.work import done, packed
from tests.operate.test_logs import PERSON, WHERE
from tests.operate.test_people import PERSONAL, customer_of, erase

__all__ = ["road"]

POINT = {"country": "US", "postcode": "10001", "lat": 40.7506, "lon": -73.9972}
DESTINATION = POINT | WHERE
WORDS = (*PERSONAL, "73.9972")
TABLES = """
    SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND relname NOT IN ('node', 'place')
"""
"""All but those that hold the same point or town as facts of the shop."""


def readings(value: Any) -> Iterator[str]:
    """What may be read in a column: as it is, unpacked, and what the tokens in it hold."""
    plain = [json.dumps(value, ensure_ascii=False)]
    if isinstance(value, str) and value.startswith("\\x"):
        raw = bytes.fromhex(value[2:])
        plain.append(raw.decode(errors="replace"))
        plain += list(inflated(raw))
    for one in plain:
        yield one
        for token in re.findall(r"[A-Za-z0-9_-]{40,}", one):
            packed = base64.urlsafe_b64decode(token[: len(token) // 4 * 4])
            yield packed.decode(errors="replace")
            yield from inflated(packed)


def inflated(raw: bytes) -> Iterator[str]:
    for window in (15, -15, 31):
        with suppress(zlib.error):
            yield zlib.decompress(raw, window).decode(errors="replace")


def left(shop: Shop) -> set[tuple[str, str, str]]:
    """(table, column, word) wherever the person can still be told."""
    found = set()
    with shop.runtime.engine.connect() as conn:
        for table in conn.scalars(text(TABLES)).all():
            for row in conn.scalars(text(f'SELECT to_jsonb(t) FROM "{table}" t')):
                for column, value in row.items():
                    said = " ".join(readings(value)).lower()
                    found |= {(table, column, word) for word in WORDS if word in said}
    return found


def answered(shop: Shop) -> set[str]:
    """What is found in answers kept for repeated requests."""
    return {word for table, _, word in left(shop) if table == "request"}


def forgotten(shop: Shop) -> None:
    erased = erase(shop, customer_of(shop))
    assert erased.status_code == 200, erased.text
    assert left(shop) == set()


def told_so(answer: Any) -> None:
    """A repeated request has a clear answer."""
    assert (answer.status_code, answer.json()["code"]) == (410, "answer_erased"), answer.text


def test_of_one_who_collected(shop: Shop) -> None:
    packed(shop, "o-1", ("A1", 1), customer=PERSON, method="pickup", pickup_node="ST-1")
    token = shop.admin.get("/v1/orders/o-1").json()["order_token"]
    code = shop.web.get("/v1/orders/o-1", params={"token": token}).json()["pickups"][0]["code"]
    path = "/v1/pickups/o-1-c1"
    assert shop.post(f"{path}/verify", {"code": code}, shop.admin, "verify").status_code == 200
    assert shop.post(f"{path}/collect", {}, shop.admin, "collect").status_code == 200
    assert "quibble" in answered(shop)
    forgotten(shop)
    events = shop.scalar("SELECT count(*) FROM outbox")
    told_so(shop.post(f"{path}/verify", {"code": code}, shop.admin, "verify"))
    told_so(shop.post(f"{path}/collect", {}, shop.admin, "collect"))
    other = shop.post(f"{path}/collect", {"rest": "refuse"}, shop.admin, "collect")
    assert other.json()["code"] == "idempotency_key_reused"
    assert shop.scalar("SELECT count(*) FROM outbox") == events


def test_of_one_whom_a_courier_visited(road: Road) -> None:
    shop = road.shop
    job = road.ready("o-1", ("A1", 1), customer=PERSON, destination=DESTINATION)
    body = {"node": "ST-1", "courier": road.courier, "fulfilment_orders": [job]}
    run = shop.post("/v1/courier/runs", body, road.staff, "run").json()
    stop = run["stops"][0]["id"]
    for type in ("accepted", "picked_up"):
        road.tell(stop, type)
    where = {"lat": POINT["lat"], "lon": POINT["lon"]}
    road.tell(stop, "completed", outcome="delivered", note="left with Quibble", position=where)
    done(shop, f"/v1/courier/runs/{run['id']}/end", None, road.driver)
    assert {"quibble", "xylophone", "quillford", "40.7506"} <= answered(shop)
    forgotten(shop)
    told_so(shop.post("/v1/courier/runs", body, road.staff, "run"))
    assert shop.scalar("SELECT count(*) FROM courier_run") == 1


def test_of_one_who_reserved_and_moved(shop: Shop) -> None:
    quick = POINT | {"city": WHERE["city"]}
    asked = {"lines": basket(("A1", 1)), "destination": quick, "methods": ["ship"]}
    wish = asked | {"reserve": {"option": "cheapest", "ttl_s": 900}}
    held = shop.post("/v1/promises", wish, key="held").json()["reservation"]["reservation_id"]
    lines = [line | {"unit_price_minor": 1000} for line in basket(("A1", 1))]
    body = {"channel": "web", "currency": "USD", "reservation_id": held, "lines": lines}
    placed = shop.web.put("/v1/orders/o-1", json=body | {"destination": DESTINATION, "customer": PERSON})
    assert placed.status_code == 201, placed.text
    moved = {"destination": DESTINATION}
    seen = shop.post("/v1/orders/o-1/address", moved, shop.admin, "seen").json()
    choice = {"quote_id": seen["quote_id"], "option_id": seen["options"][0]["option_id"]}
    assert shop.post("/v1/orders/o-1/address", moved | {"confirm": choice}, shop.admin).status_code == 200
    shop.watch.forward(hours=5)
    seen = shop.post("/v1/orders/o-1/address", moved, shop.admin).json()
    shop.watch.forward(hours=5)
    choice = {"quote_id": seen["quote_id"], "option_id": seen["options"][0]["option_id"]}
    late = shop.post("/v1/orders/o-1/address", moved | {"confirm": choice}, shop.admin)
    assert (late.status_code, late.json()["code"]) == (410, "quote_expired")
    assert shop.post("/v1/orders/o-1/cancel", {}, shop.admin).status_code == 200
    assert {"quillford", "40.7506", "73.9972"} <= answered(shop)
    forgotten(shop)
    told_so(shop.post("/v1/orders/o-1/address", moved, shop.admin, "seen"))
    told_so(shop.post("/v1/promises", wish, key="held"))
    assert shop.scalar("SELECT count(*) FROM reservation_group WHERE state IN ('active', 'firm')") == 0


@pytest.mark.parametrize("name", ["1", 'o"1', "ST-1"])
def test_others_keep_their_answers(shop: Shop, name: str) -> None:
    """However an order is called, what others were answered stays."""
    assert shop.place(name, ("A1", 1), method="ship", customer=PERSON).status_code == 201
    other = shop.place("another", ("A1", 1), method="ship")
    assert other.status_code == 201, other.text
    hold = {"hold": "care", "note": ""}
    first = shop.post("/v1/orders/another/holds", hold, shop.admin, "hold")
    assert first.status_code == 200, first.text
    seen = shop.post(f"/v1/orders/{name}/cancel", {}, shop.admin, "theirs")
    assert seen.status_code == 200, seen.text
    assert erase(shop, customer_of(shop)).status_code == 200
    assert shop.post("/v1/orders/another/holds", hold, shop.admin, "hold").content == first.content
    told_so(shop.post(f"/v1/orders/{name}/cancel", {}, shop.admin, "theirs"))
