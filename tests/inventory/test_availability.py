"""Available to promise: per channel, node and date, of kits, and without stock."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from inventory.availability import Answer, Future, availability, backorder_left
from inventory.catalogue import Catalogue, Kit
from inventory.pool import AvailabilityPool, Incoming, State
from inventory.pool_rows import Cells, KeptFor, Rows
from tests.inventory.pool_kit import kit, node, sku

TODAY = date(2026, 1, 10)


def ask(
    *skus: str,
    stock: dict[tuple[int, int], int],
    bundle: Kit | None = None,
    arriving: Mapping[int, tuple[Incoming, ...]] | None = None,
    fences: Mapping[int, tuple[KeptFor, ...]] | None = None,
) -> Answer:
    """S1 and S2 at N1 (Tokyo) and N2 (UTC), and S3, the bundle; stock by (SKU number, node index)."""
    shop = Catalogue().changed(
        [node(1, timezone="Asia/Tokyo"), node(2)], [sku(1), sku(2), sku(3, bundle, cap=9, held=2)]
    )
    array = np.array([(s, n, q) for (s, n), q in stock.items()], np.int32).reshape(-1, 3)
    rows = Rows().write(Cells(array[:, 0], array[:, 1], array[:, 2], fences or {}))
    pool = AvailabilityPool()
    pool.state = replace(State(), catalogue=shop, rows=rows, incoming=dict(arriving or {}))
    return availability(pool, skus, "web", TODAY)


def at(day: int, hour: int, node_id: str, quantity: int) -> Incoming:
    """Units to come in January."""
    return Incoming("po", node_id, datetime(2026, 1, day, hour, tzinfo=UTC), quantity)


def test_total_and_nodes_of_a_plain_sku_with_a_fence() -> None:
    fence = {1: (KeptFor(1, frozenset({"store"}), 2),)}
    (one,) = ask("S1", stock={(1, 0): 4, (1, 1): 5}, fences=fence).items
    assert (one.total, one.by_node.tolist(), one.future, one.backorder) == (7, [4, 3], (), 0)


def test_unknown_skus_are_named_and_the_rest_answered_in_order() -> None:
    answer = ask("S2", "no", "S1", "no", stock={(1, 0): 1, (2, 0): 2})
    assert [(item.sku, item.total) for item in answer.items] == [("S2", 2), ("S1", 1)]
    assert answer.unknown == ("no",)


def test_future_units_are_counted_by_the_day_of_their_node() -> None:
    arriving = (at(17, 20, "N1", 5), at(17, 20, "N2", 2), at(18, 3, "N2", 1))
    (one,) = ask("S1", stock={(1, 0): 1}, arriving={1: arriving}).items
    assert one.total == 1
    assert one.future == (Future(date(2026, 1, 17), 2), Future(date(2026, 1, 18), 6))


def test_a_kit_is_as_available_as_its_scarcest_component() -> None:
    stock = {(1, 0): 5, (1, 1): 2, (2, 0): 1, (2, 1): 9}
    (loose,) = ask("S3", stock=stock, bundle=kit(("S1", 2), ("S2", 1))).items
    assert (loose.by_node.tolist(), loose.total) == ([1, 1], 3)
    (together,) = ask("S3", stock=stock, bundle=kit(("S1", 2), ("S2", 1), keep_together=True)).items
    assert (together.by_node.tolist(), together.total) == ([1, 1], 2)


def test_a_kits_future_needs_all_of_its_components() -> None:
    arriving = {1: (at(12, 0, "N1", 4),), 2: (at(14, 0, "N2", 3),)}
    (loose,) = ask("S3", stock={}, bundle=kit(("S1", 2), ("S2", 1)), arriving=arriving).items
    assert loose.future == (Future(date(2026, 1, 14), 2),)
    whole = kit(("S1", 2), ("S2", 1), keep_together=True)
    (together,) = ask("S3", stock={}, bundle=whole, arriving=arriving).items
    assert together.future == ()


def test_back_orders_are_bounded_by_the_cap_and_open_on_their_day() -> None:
    article = sku(1, cap=9, held=2)
    assert backorder_left(article, TODAY) == 7
    assert backorder_left(replace(article, preorder_from=date(2026, 1, 11)), TODAY) == 0
    assert backorder_left(replace(article, preorder_from=TODAY), TODAY) == 7
    assert backorder_left(replace(article, active=False), TODAY) == 0
    assert backorder_left(replace(article, backorder_cap=1), TODAY) == 0
    (one,) = ask("S3", stock={(3, 0): 1}).items
    assert (one.total, one.backorder) == (1, 7)
