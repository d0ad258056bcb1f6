"""One record across channels: recognised, found, merged; everything with the customer on one timeline."""

from __future__ import annotations

from typing import Any

import pytest

from oms.actors import Role
from oms.customers.identity import Customer, digits, recognised
from tests.checkout.conftest import Shop, shop

__all__ = ["shop"]


def buy(shop: Shop, order_id: str, channel: str = "web", card: str | None = None, **who: str) -> str:
    """The customer an order ends up with."""
    client = shop.client(Role.STOREFRONT, channels=[channel])
    tenders = [{"method": "card", "amount_minor": 100, "card": card}] if card else None
    more: dict[str, Any] = {"customer": who, "payments": tenders, "channel": channel}
    placed = shop.place(order_id, ("B2", 1), client=client, method="ship", **more)
    assert placed.status_code == 201, placed.text
    return str(shop.admin.get(f"/v1/orders/{order_id}").json()["customer_id"])


def found(shop: Shop, **by: str) -> list[str]:
    answer = shop.admin.get("/v1/customers", params=by)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


def test_one_customer_buys_through_three_channels(shop: Shop) -> None:
    first = buy(shop, "o-1", email="kim@example.com", phone="+1 212 555 0100", card="fp_a")
    assert buy(shop, "o-2", "app", email="KIM@example.com") == first
    assert buy(shop, "o-3", "store", phone="001 (212) 555-0100", card="fp_b") == first
    other = buy(shop, "o-4", email="lee@example.com", phone="+1 212 555 0100")
    assert other != first, "an e-mail that is somebody else's speaks against a number they share"
    assert found(shop, email="kim@EXAMPLE.com") == [first]
    assert sorted(found(shop, phone="212 555 0100")) == sorted([first, other])
    assert found(shop, card="fp_b") == [first] == found(shop, card="fp_a", email="kim@example.com")
    assert found(shop, card="fp_a", email="lee@example.com") == []
    record = shop.admin.get(f"/v1/customers/{first}").json()
    assert (record["orders"], record["channels"]) == (3, ["app", "store", "web"])


@pytest.mark.parametrize(
    ("phone", "plain"),
    [("+49 (30) 901820", "4930901820"), ("0049-30-901820", "4930901820"), ("12345", None), (None, None)],
)
def test_numbers_are_compared_as_digits(phone: str | None, plain: str | None) -> None:
    assert digits(phone) == plain


def test_a_number_that_two_share_recognises_nobody() -> None:
    one, two = Customer("1", phone="123456"), Customer("2", phone="123456")
    assert recognised(None, None, [one]) is one
    assert recognised(None, None, [one, two]) is None
    assert recognised("kim@example.com", None, [Customer("3", email="lee@example.com")]) is None
    assert recognised("kim@example.com", two, [one]) is two


def test_records_become_one_and_are_still_found_by_either_address(shop: Shop) -> None:
    one = buy(shop, "o-1", email="kim@example.com", card="fp_a")
    two = buy(shop, "o-2", email="kim@work.example.com", phone="+44 20 7946 0000")
    merged = shop.post(f"/v1/customers/{one}/merge", {"into": two}, shop.admin).json()
    assert (merged["id"], merged["orders"], merged["email"]) == (two, 2, "kim@work.example.com")
    assert found(shop, email="kim@example.com") == found(shop, card="fp_a") == [two]
    assert buy(shop, "o-3", email="kim@example.com") == two
    assert shop.admin.get(f"/v1/customers/{one}").json()["merged_into"] == two
    again = shop.post(f"/v1/customers/{one}/merge", {"into": two}, shop.admin)
    assert (again.status_code, again.json()["code"]) == (409, "illegal_transition")
    back = shop.post(f"/v1/customers/{two}/merge", {"into": one}, shop.admin)
    assert (back.status_code, back.json()["code"]) == (422, "unknown_customer")
    assert shop.post(f"/v1/customers/{two}/merge", {"into": two}, shop.admin).status_code == 422


def test_a_record_is_edited_by_whoever_read_its_present_version(shop: Shop) -> None:
    one = buy(shop, "o-1", email="kim@example.com")
    buy(shop, "o-2", email="lee@example.com")
    tag = shop.admin.get(f"/v1/customers/{one}").headers["etag"]
    ask = {"email": "kim@example.com", "name": "Kim Doe", "phone": "+1 212 555 0100"}
    headers = {"Idempotency-Key": "e1", "If-Match": tag}
    edited = shop.admin.post(f"/v1/customers/{one}", json=ask, headers=headers)
    assert edited.json()["name"] == "Kim Doe"
    late = shop.admin.post(f"/v1/customers/{one}", json=ask, headers={**headers, "Idempotency-Key": "e2"})
    assert (late.status_code, late.json()["code"]) == (412, "version_conflict")
    taken = shop.post(f"/v1/customers/{one}", {"email": "lee@example.com"}, shop.admin)
    assert (taken.status_code, taken.json()["code"]) == (409, "already_exists")
    assert shop.post("/v1/customers", {"email": "LEE@example.com"}, shop.admin).status_code == 409


def test_everything_with_a_customer_stands_on_one_timeline(shop: Shop) -> None:
    one = buy(shop, "o-1", email="kim@example.com", card="fp_a")
    shop.watch.forward(minutes=5)
    said = {"direction": "in", "note": "Wants it sooner", "order": "o-1", "channel": "call_centre"}
    contact = shop.post(f"/v1/customers/{one}/contacts", said, shop.admin)
    assert contact.status_code == 201, contact.text
    shop.watch.forward(minutes=5)
    shop.post("/v1/orders/o-1/cancel", {"reason": "too_late", "channel": "call_centre"}, shop.admin)
    first = shop.admin.get(f"/v1/customers/{one}/timeline?limit=2")
    rows = first.json()["items"]
    assert [row["type"] for row in rows] == ["order.cancelled", "contact.in"]
    assert (rows[0]["channel"], rows[0]["reason"]) == ("call_centre", "too_late")
    assert rows[1]["note"] == "Wants it sooner" and rows[1]["subject_id"] == "o-1"
    rest = shop.admin.get(f"/v1/customers/{one}/timeline", params={"cursor": first.json()["next"]}).json()
    assert [row["type"] for row in rest["items"]] == ["order.placed"]
    foreign = shop.post(f"/v1/customers/{one}/contacts", {**said, "order": "o-9"}, shop.admin)
    assert (foreign.status_code, foreign.json()["code"]) == (422, "unknown_order")
    assert shop.admin.get("/v1/customers/nobody/timeline").status_code == 404


def test_people_are_for_the_office(shop: Shop) -> None:
    one = buy(shop, "o-1", email="kim@example.com")
    for role in (Role.STOREFRONT, Role.STAFF, Role.COURIER):
        assert shop.client(role).get(f"/v1/customers/{one}").status_code == 403
    assert shop.scalar("SELECT count(*) FROM outbox WHERE data::text ~* 'kim|example'") == 0
