"""Every POST of the OpenAPI document that does something: sent twice, and twice at once, it is done once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from api.app import create_app
from tests.checkout.conftest import Shop
from tests.checkout.scenes import Asked, Scenes
from tests.checkout.scenes_by_room import scenes_of

PREVIEWS = ("/address", "/method", "/lines")
"""Without `confirm` these change nothing; confirmed they are in `test_replays`."""
READS = {"/v1/availability", "/v1/routing/plans"}
EFFECTS = """
    SELECT jsonb_build_array((SELECT count(*) FROM outbox), (SELECT count(*) FROM movement),
        (SELECT sum(on_hand) FROM position), (SELECT sum(reserved) FROM position),
        (SELECT count(*) FROM reservation_group), (SELECT count(*) FROM decision),
        (SELECT count(*) FROM fulfilment_order), (SELECT sum(version) FROM "order"),
        (SELECT count(*) FROM inbound), (SELECT count(*) FROM transfer), (SELECT count(*) FROM import_job),
        (SELECT count(*) FROM api_key), (SELECT count(*) FROM payment), (SELECT count(*) FROM refund),
        (SELECT count(*) FROM "return"), (SELECT count(*) FROM return_disposition))
"""


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
    for secret in ("key", "secret"):
        document.pop(secret, None)
    return answer.status_code, document


def test_every_post_sent_again_or_at_once_has_one_effect(shop: Shop) -> None:
    scenes, examples = Scenes(shop), documented(shop)
    by_path = scenes_of(scenes)
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
