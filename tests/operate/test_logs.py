"""What the log says, and what it never says: nothing by which a person or a key could be told."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import afterwards, logs
from oms.settings import BadSetting, Settings, from_environment
from tests.checkout.conftest import Shop
from tests.coroutines import run

PERSON = {
    "email": "winifred.quibble@example.com",
    "name": "Winifred Quibble",
    "phone": "+1 212 555 0188",
}
WHERE = {"street": "77 Xylophone Lane", "city": "Quillford", "name": "W. Quibble"}
SECRETS = ("winifred", "quibble", "555 0188", "2125550188", "xylophone", "quillford", "fp_4242", "ch_secret")


@pytest.fixture
def written(shop: Shop) -> Iterator[io.StringIO]:
    """Everything logged during the test, at the finest level, as JSON lines."""
    afterwards.settle()  # what earlier tests in this process were answered has its lines before
    heard = io.StringIO()
    root = logging.getLogger()
    kept, level = list(root.handlers), root.level
    settings = shop.runtime.settings
    logs.configure(Settings(settings.database_url, settings.data_dir, "json", "debug"), heard)
    root.setLevel(logging.DEBUG)
    for client in ("httpx", "httpcore"):  # the test's own, in the same process
        logging.getLogger(client).setLevel(logging.WARNING)
    yield heard
    root.handlers[:], root.level = kept, level


def lines(written: io.StringIO, logger: str = "anyshelf.access") -> list[dict[str, Any]]:
    afterwards.settle()
    found = [json.loads(line) for line in written.getvalue().splitlines()]
    return [line for line in found if line["logger"] == logger]


def only(written: io.StringIO) -> None:
    """The log goes nowhere else, as in a server; the test runner listens too unless told so in the test."""
    logs.configure(Settings(None, Path(), "json", "debug"), written)


def order_of_a_person(shop: Shop, id: str = "o-1", **more: Any) -> Any:
    payments = [{"method": "card", "amount_minor": 500, "reference": "ch_secret", "card": "fp_4242"}]
    where = {"country": "US", "postcode": "10001", "lat": 40.7506, "lon": -73.9972, **WHERE}
    return shop.place(
        id, ("A1", 1), method="ship", customer=PERSON, payments=payments, destination=where, **more
    )


def test_an_order_with_personal_data_leaves_none_of_it_in_the_log(shop: Shop, written: io.StringIO) -> None:
    placed = order_of_a_person(shop)
    assert placed.status_code == 201, placed.text
    token = placed.json()["order_token"]
    assert shop.web.get("/v1/orders/o-1", params={"order_token": token}).status_code == 200
    found = shop.admin.get("/v1/customers", params={"email": PERSON["email"]}).json()["items"]
    assert found[0]["name"] == PERSON["name"]
    assert order_of_a_person(shop, surprise="Quibble").status_code == 400
    assert [line["status"] for line in lines(written)] == [201, 200, 200, 400]
    said = written.getvalue().lower()
    keys = [client.headers["authorization"].split()[1].lower() for client in (shop.web, shop.admin)]
    assert not [secret for secret in (*SECRETS, *keys, token.lower(), "order_token") if secret in said]


def test_a_fault_of_ours_is_told_without_what_was_sent(
    shop: Shop, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **more: Any) -> Any:
        raise ValueError(f"cannot stand {PERSON['email']}")

    monkeypatch.setattr("oms.usecases.customers.insert_customer", broken)
    answer = shop.post("/v1/customers", PERSON, shop.admin)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    [fault] = lines(written, "anyshelf.api")
    assert fault["request_id"] == answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "ValueError" in str(fault["raised"]) and "customers.py" in str(fault["raised"])
    assert not [secret for secret in SECRETS if secret in written.getvalue().lower()]


def test_words_of_the_database_stay_out_of_the_log(shop: Shop, written: io.StringIO) -> None:
    statement = "INSERT INTO customer (id, email, created_at) VALUES (:id, :email, now())"
    shop.scalar("SELECT 1")
    try:
        for id in ("a", "b"):
            with shop.runtime.engine.begin() as conn:
                conn.exec_driver_sql(
                    statement.replace(":id", "%s").replace(":email", "%s"), (id, PERSON["email"])
                )
    except Exception:
        logging.getLogger("oms.test").exception("not written")
    [fault] = lines(written, "oms.test")
    assert "IntegrityError" in str(fault["raised"]) and "23505" in str(fault["raised"])
    assert "winifred" not in written.getvalue()


def test_one_line_says_what_was_asked_of_which_route(shop: Shop, written: io.StringIO) -> None:
    shop.admin.get("/v1/orders/none-such", params={"order_token": "x"}, headers={"X-Request-Id": "gw-17.a"})
    shop.admin.get("/nowhere/quibble@example.com")
    known, unknown = lines(written)
    assert known["route"] == "/v1/orders/{id}" and known["method"] == "GET" and known["status"] == 404
    assert known["code"] == "not_found" and known["request_id"] == "gw-17.a" and known["ms"] >= 0
    assert known["key"].startswith("key_") and known["at"].endswith("+00:00")
    assert unknown["route"] == "unmatched" and "key" not in unknown


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, 'a"b', "kim@example.com", "a\tb"])
def test_an_unfit_request_id_is_replaced(shop: Shop, sent: str) -> None:
    answer = shop.admin.get("/v1/orders/none-such", headers={"X-Request-Id": sent})
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


def test_each_request_has_an_id_of_its_own(shop: Shop) -> None:
    ids = [shop.admin.get("/v1/orders/none-such").headers["x-request-id"] for _ in range(3)]
    assert len(set(ids)) == 3


def test_people_read_words(shop: Shop, written: io.StringIO) -> None:
    logs.configure(Settings(None, shop.runtime.settings.data_dir, "text", "info"), written)
    shop.admin.get("/v1/orders/none-such")
    afterwards.settle()
    last = written.getvalue().splitlines()[-1]
    assert " info " in last and "route=/v1/orders/{id} status=404" in last


def test_a_quieter_log_leaves_the_answers_out(shop: Shop, written: io.StringIO) -> None:
    logs.configure(Settings(None, shop.runtime.settings.data_dir, "json", "warning"), written)
    shop.admin.get("/v1/orders/none-such")
    afterwards.settle()
    assert written.getvalue() == ""


@pytest.mark.parametrize("name", ["ANYSHELF_LOG_FORMAT", "ANYSHELF_LOG_LEVEL"])
def test_a_setting_that_cannot_be_meant_is_refused(name: str) -> None:
    with pytest.raises(BadSetting, match=name):
        from_environment({name: "loud"})


def test_the_short_way_of_answers_says_what_the_long_one_says(written: io.StringIO) -> None:
    about = {"at": "2026-01-17T10:00:00.123+00:00", "request_id": "r-1", "method": "GET", "route": "/v1/x"}
    only(written)
    logs.answered([about | {"status": 200}])
    logging.getLogger().addHandler(logging.NullHandler())  # two places: through `logging`
    logs.answered([about | {"status": 200}])
    short, long = lines(written)
    assert short == long and list(short) == list(long)


def test_answers_are_settled_together_and_soon(written: io.StringIO) -> None:
    only(written)

    async def turn(*statuses: int) -> None:
        for status in statuses:
            afterwards.remember(f"r-{status}", "GET", "/v1/x", status, 0.0004, "key_1")
        assert written.getvalue() == before
        await asyncio.sleep(5 * afterwards.LINGER_S)

    before = ""
    run(turn(200, 201))
    found = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(line["request_id"], line["status"]) for line in found] == [("r-200", 200), ("r-201", 201)]
    assert found[0]["ms"] == 0.4 and found[0]["key"] == "key_1" and "code" not in found[0]
    before = written.getvalue()
    run(turn(202))
    assert [line["status"] for line in lines(written)] == [200, 201, 202]
