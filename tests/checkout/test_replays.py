"""Every POST and PUT of checkout sent again, and sent twice at once: one effect, one answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from httpx import Response

from tests.checkout.conftest import Shop, basket
from tests.support import HOME

EFFECTS = """
    SELECT (SELECT count(*) FROM outbox)::text || ' ' || (SELECT coalesce(sum(reserved), 0) FROM position)
        || ' ' || (SELECT count(*) FROM decision) || ' ' || (SELECT count(*) FROM reservation_group)
        || ' ' || (SELECT count(*) FROM fulfilment_order)
"""


def said(answer: Response) -> Any:
    """What was answered, to the byte; of a problem all but the id that every request has of its own."""
    if answer.status_code < 400:
        return answer.content
    document = answer.json()
    assert document.pop("request_id"), "every problem names its request"
    return document


def repeated(shop: Shop, path: str, body: Any, key: str) -> Response:
    """Send it twice at once, then once more; the answers and the effects are those of one request."""
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: shop.post(path, body, key=key), range(2)))
    before = shop.scalar(EFFECTS)
    again = shop.post(path, body, key=key)
    finished = [answer for answer in (*both, again) if answer.json().get("code") != "idempotency_in_progress"]
    assert all(said(answer) == said(again) for answer in finished), [a.text for a in both]
    assert {answer.status_code for answer in finished} == {again.status_code}
    assert shop.scalar(EFFECTS) == before
    return again


def test_every_post_has_one_effect(shop: Shop) -> None:
    reserving = {"lines": basket(("A1", 2)), "destination": HOME, "reserve": {"option": "cheapest"}}
    first = repeated(shop, "/v1/promises", reserving, "p1").json()
    assert shop.scalar("SELECT sum(reserved) FROM position") == 2
    quote = {"quote_id": first["quote_id"], "option_id": first["options"][0]["option_id"]}
    second = repeated(shop, "/v1/reservations", quote, "r1").json()
    assert shop.scalar("SELECT sum(reserved) FROM position") == 4
    held = first["reservation"]["reservation_id"]
    assert repeated(shop, f"/v1/reservations/{held}/extend", {"ttl_s": 1200}, "e1").status_code == 200
    assert repeated(shop, f"/v1/reservations/{held}/void", None, "v1").json()["state"] == "voided"
    assert shop.scalar("SELECT sum(reserved) FROM position") == 2
    shop.place("o-1", ("A1", 2), reservation_id=second["reservation_id"])
    wish = {"lines": [{"id": "1", "quantity": 3}]}
    preview = repeated(shop, "/v1/orders/o-1/lines", wish, "l1").json()
    choice = {"quote_id": preview["quote_id"], "option_id": preview["options"][0]["option_id"]}
    assert repeated(shop, "/v1/orders/o-1/lines", {**wish, "confirm": choice}, "l2").status_code == 200
    assert shop.scalar("SELECT sum(reserved) FROM position") == 3
    assert repeated(shop, "/v1/orders/o-1/cancel", {}, "c1").json()["status"] == "cancelled"
    assert shop.scalar("SELECT sum(reserved) FROM position") == 0


def test_refusals_are_kept_too(shop: Shop) -> None:
    quote = shop.promises(("C3", 7), methods=["ship"])
    body = {"quote_id": quote["quote_id"], "option_id": quote["options"][0]["option_id"]}
    shop.place("o-1", ("C3", 1), method="ship")
    refused = repeated(shop, "/v1/reservations", body, "r1")
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
    shop.post("/v1/orders/o-1/cancel", {})
    assert said(shop.post("/v1/reservations", body, key="r1")) == said(refused)
    assert shop.post("/v1/reservations", body, key="r2").status_code == 201


def test_a_key_with_another_body_is_refused(shop: Shop) -> None:
    shop.place("o-1", ("A1", 2), method="ship")
    shop.post("/v1/orders/o-1/cancel", {"lines": [{"id": "1", "quantity": 1}]}, key="c")
    other = shop.post("/v1/orders/o-1/cancel", {}, key="c")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    missing = shop.web.post("/v1/orders/o-1/cancel", json={})
    assert (missing.status_code, missing.json()["code"]) == (400, "idempotency_key_missing")


def test_one_order_id_sent_twice_at_once_is_one_order(shop: Shop) -> None:
    for number in range(5):
        ids = [f"o-{number}"] * 4
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda id: shop.place(id, ("B2", 1), method="ship"), ids))
        assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
        assert len({answer.content for answer in answers}) == 1
    assert shop.scalar("SELECT sum(reserved) FROM position") == 5
    assert shop.scalar('SELECT count(*) FROM "order"') == 5
