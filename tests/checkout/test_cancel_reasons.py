"""Why something is cancelled: only for a reason of the retailer's document, and by default for its first."""

from __future__ import annotations

from typing import Any

import pytest

from tests.checkout.conftest import Shop

OWN: list[dict[str, Any]] = [
    {"code": "recall", "occasions": ["cancel"], "note": True},
    {"code": "regret", "occasions": ["cancel", "return"]},
    {"code": "gone", "occasions": ["reject", "short"]},
]


def put_reasons(shop: Shop, reasons: list[dict[str, Any]]) -> None:
    assert shop.admin.put("/v1/reasons", json={"reasons": reasons}).status_code == 200
    shop.runtime.refresher.look()


def reasons_told(shop: Shop, order: str) -> list[tuple[str, Any]]:
    """(reason, note) of each cancellation of the order."""
    timeline = shop.admin.get(f"/v1/orders/{order}").json()["timeline"]
    told = [event for event in timeline if event["type"] == "order.cancelled"]
    return [(event["reason"], event["data"].get("note")) for event in told]


def paths(shop: Shop, order: str) -> list[tuple[str, dict[str, Any]]]:
    """Every way to cancel something of the order."""
    assert shop.place(order, ("A1", 2), method="ship").status_code == 201
    whole = f"/v1/orders/{order}/cancel"
    lines = {"lines": [{"id": "1", "quantity": 1}]}
    return [(whole, lines), (f"/v1/fulfilment-orders/{order}-1/cancel", {}), (whole, {})]


def test_only_known_reasons_are_taken(shop: Shop) -> None:
    put_reasons(shop, OWN)
    for path, body in paths(shop, "o-1"):
        for code in ("customer", "gone", "whatever"):
            no = shop.post(path, body | {"reason": code}, shop.admin)
            assert (no.status_code, no.json()["code"]) == (422, "unknown_reason"), no.text
            fault = {
                "pointer": "/reason",
                "code": "unknown_reason",
                "detail": "Possible here: recall, regret",
            }
            assert no.json()["errors"] == [fault]
        silent = shop.post(path, body | {"reason": "recall"}, shop.admin)
        assert (silent.status_code, silent.json()["errors"][0]["pointer"]) == (422, "/note")
    assert shop.scalar("SELECT sum(cancelled) FROM order_line") == 0
    assert reasons_told(shop, "o-1") == []


def test_a_known_reason_and_its_note_are_told(shop: Shop) -> None:
    put_reasons(shop, OWN)
    (lines, body), (job, _), _ = paths(shop, "o-1")
    assert shop.post(lines, body | {"reason": "regret"}, shop.admin).status_code == 200
    assert shop.post(job, {"reason": "recall", "note": "lot 7"}, shop.admin).status_code == 200
    assert reasons_told(shop, "o-1") == [("regret", None), ("recall", "lot 7")]


@pytest.mark.parametrize(
    ("reasons", "code"), [(None, "customer"), (OWN, "regret"), ([OWN[2]], "not_said"), ([OWN[0]], "not_said")]
)
def test_without_a_reason_it_is_the_first_that_needs_no_words(
    shop: Shop, reasons: list[dict[str, Any]] | None, code: str
) -> None:
    if reasons is not None:
        put_reasons(shop, reasons)
    (lines, body), (job, _), _ = paths(shop, "o-1")
    assert shop.post(lines, body).status_code == 200
    assert shop.post(job, {}, shop.admin).status_code == 200
    assert reasons_told(shop, "o-1") == [(code, None), (code, None)]


def test_in_bulk_each_is_refused_by_name(shop: Shop) -> None:
    put_reasons(shop, OWN)
    paths(shop, "o-1")
    ask = {"action": "cancel", "filter": {"ids": ["o-1-1"]}, "reason": "customer"}
    refused = shop.post("/v1/fulfilment-orders/bulk", ask, shop.admin).json()
    assert [one["code"] for one in refused["results"]] == ["unknown_reason"]
    done = shop.post("/v1/fulfilment-orders/bulk", ask | {"reason": ""}, shop.admin).json()
    assert (done["done"], reasons_told(shop, "o-1")) == (1, [("regret", None)])
