"""Every POST of the OpenAPI document that does something: sent twice, and twice at once, it is done once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from api.app import create_app
from tests.checkout.conftest import Shop, basket
from tests.picking.scenes import picking_scenes
from tests.support import HOME, stock_up

PREVIEWS = ("/address", "/method", "/lines")
"""Without `confirm` these change nothing; confirmed they are in `test_replays`."""
READS = {"/v1/availability", "/v1/routing/plans"}
EFFECTS = """
    SELECT jsonb_build_array((SELECT count(*) FROM outbox), (SELECT count(*) FROM movement),
        (SELECT sum(on_hand) FROM position), (SELECT sum(reserved) FROM position),
        (SELECT count(*) FROM reservation_group), (SELECT count(*) FROM decision),
        (SELECT count(*) FROM fulfilment_order), (SELECT sum(version) FROM "order"),
        (SELECT count(*) FROM inbound), (SELECT count(*) FROM transfer), (SELECT count(*) FROM import_job),
        (SELECT count(*) FROM api_key))
"""

Asked = tuple[str, Any]
"""Address and body of a POST that would have an effect."""


class Scenes:
    """For each POST, whatever must be there first; a fresh scene every time."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.made = 0
        stock_up(shop.runtime, ("WH", "A1", 500))

    def fresh(self, kind: str) -> str:
        self.made += 1
        return f"{kind}-{self.made}"

    def post(self, path: str, body: Any) -> Any:
        answer = self.shop.post(path, body, self.shop.admin)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def reserving(self) -> Asked:
        body = {"lines": basket(("A1", 1)), "destination": HOME, "reserve": {"option": "cheapest"}}
        return "/v1/promises", body

    def quoted(self) -> Asked:
        shown = self.shop.promises(("A1", 1), methods=["ship"])
        return "/v1/reservations", {
            "quote_id": shown["quote_id"],
            "option_id": shown["options"][0]["option_id"],
        }

    def reservation(self) -> str:
        found: str = self.post(*self.reserving())["reservation"]["reservation_id"]
        return found

    def order(self) -> str:
        name = self.fresh("o")
        assert self.shop.place(name, ("A1", 2), method="ship").status_code == 201
        return name

    def inbound(self) -> Asked:
        body = {"id": self.fresh("po"), "node": "WH", "eta": "2026-01-20T08:00:00+00:00"}
        return "/v1/inbound", body | {"lines": [{"sku": "A1", "quantity": 5}]}

    def transfer(self) -> Asked:
        body = {
            "id": self.fresh("t"),
            "from_node": "WH",
            "to_node": "ST-1",
            "eta": "2026-01-20T08:00:00+00:00",
        }
        return "/v1/transfers", body | {"lines": [{"line_id": "1", "sku": "A1", "quantity": 2}]}

    def planned(self) -> str:
        path, body = self.transfer()
        self.post(path, body)
        return f"{path}/{body['id']}"

    def shipped(self) -> str:
        where = self.planned()
        self.post(f"{where}/ship", {})
        return where

    def arriving(self) -> str:
        path, body = self.inbound()
        self.post(path, body)
        return f"{path}/{body['id']}"

    def by_path(self) -> dict[str, Callable[[], Asked]]:
        """The POSTs that need a scene; all others are sent their documented example."""
        receipt = {"lines": [{"sku": "A1", "quantity": 1}]}
        movement = {"node": "WH", "sku": "A1", "cause": "sale", "quantity": 1}
        return picking_scenes(self.shop) | {
            "/v1/promises": self.reserving,
            "/v1/reservations": self.quoted,
            "/v1/reservations/{id}/extend": lambda: (
                f"/v1/reservations/{self.reservation()}/extend",
                {"ttl_s": 1800},
            ),
            "/v1/reservations/{id}/void": lambda: (f"/v1/reservations/{self.reservation()}/void", None),
            "/v1/reservations/void": lambda: (
                "/v1/reservations/void",
                {"ids": [self.reservation()], "reason": "stuck"},
            ),
            "/v1/orders/{id}/cancel": lambda: (f"/v1/orders/{self.order()}/cancel", {}),
            "/v1/orders/{id}/address": lambda: (
                f"/v1/orders/{self.order()}/address",
                {"destination": HOME},
            ),
            "/v1/orders/{id}/method": lambda: (f"/v1/orders/{self.order()}/method", {"method": "courier"}),
            "/v1/orders/{id}/lines": lambda: (
                f"/v1/orders/{self.order()}/lines",
                {"lines": [{"id": "1", "quantity": 1}]},
            ),
            "/v1/stock/movements": lambda: ("/v1/stock/movements", {"movements": [movement]}),
            "/v1/inbound": self.inbound,
            "/v1/inbound/{id}/receive": lambda: (f"{self.arriving()}/receive", receipt),
            "/v1/transfers": self.transfer,
            "/v1/transfers/{id}/ship": lambda: (f"{self.planned()}/ship", {}),
            "/v1/transfers/{id}/receive": lambda: (f"{self.shipped()}/receive", receipt),
            "/v1/transfers/{id}/cancel": lambda: (f"{self.planned()}/cancel", None),
        }


def documented(shop: Shop) -> dict[str, Any]:
    """Address → documented example of every POST that does something; None where there is no body."""
    document = create_app(shop.runtime).openapi()
    schemas = document["components"]["schemas"]
    found: dict[str, Any] = {}
    for path, operations in document["paths"].items():
        if "post" in operations and path not in READS:
            body = operations["post"].get("requestBody")
            ref = body["content"]["application/json"]["schema"].get("$ref", "") if body else ""
            found[path] = next(iter(schemas.get(ref.rpartition("/")[2], {}).get("examples", ())), None)
    return found


def sent(shop: Shop, asked: Asked, key: str, times: int) -> tuple[list[Any], list[int]]:
    """The finished answers to a request sent so often at once, and by how much each count grew."""
    before = shop.scalar(EFFECTS)
    with ThreadPoolExecutor(times) as pool:
        answers = list(pool.map(lambda _: shop.post(*asked, shop.admin, key), range(times)))
    grown = [(new or 0) - (old or 0) for old, new in zip(before, shop.scalar(EFFECTS), strict=True)]
    return [said(a) for a in answers if a.json().get("code") != "idempotency_in_progress"], grown


def said(answer: Any) -> tuple[int, Any]:
    """Status and document; a secret is shown once only, so it is no part of what a repetition gets."""
    document = answer.json()
    assert answer.status_code < 300, answer.text
    document.pop("key", None)
    return answer.status_code, document


def test_every_post_sent_again_or_at_once_has_one_effect(shop: Shop) -> None:
    scenes, examples = Scenes(shop), documented(shop)
    by_path = scenes.by_path()
    assert by_path.keys() <= examples.keys(), by_path.keys() - examples.keys()
    assert len(examples) >= 18
    earlier: list[tuple[Asked, str, list[Any]]] = []
    for path, example in examples.items():
        plain: Asked = (path, example)
        scene = by_path.get(path)
        asked, key = scene() if scene else plain, scenes.fresh("key")
        first, once = sent(shop, asked, key, 1)
        again, nothing = sent(shop, asked, key, 1)
        assert any(once) or path.endswith(PREVIEWS), path
        assert again == first and not any(nothing), (path, nothing)

        asked, key = scene() if scene else plain, scenes.fresh("key")
        answers, grown = sent(shop, asked, key, 4)
        assert grown == once, (path, once, grown)
        late, nothing = sent(shop, asked, key, 1)
        assert answers and all(one == late[0] for one in answers), path
        assert not any(nothing), path
        earlier.append((asked, key, late))
    for asked, key, late in reversed(earlier):
        assert sent(shop, asked, key, 1) == (late, [0] * len(once)), asked
