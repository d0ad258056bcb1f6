"""The catalogue: snapshots that share what did not change, and kits that become their components."""

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from inventory.catalogue import BasketLine, Catalogue
from inventory.layers import RECENT_MAX, Layers
from inventory.outcomes import Unknown
from tests.inventory.pool_kit import catalogue, commit, filled, furnish, kit, node, sku


@given(st.lists(st.dictionaries(st.text(max_size=2), st.integers(), max_size=5), max_size=8))
def test_layers_say_what_a_plain_dict_says(steps: list[dict[str, int]]) -> None:
    layers, plain = Layers[int]({}, {}), dict[str, int]()
    for step in steps:
        layers, before = layers.changed(step), dict(layers)
        assert before == plain
        plain = {**plain, **step}
        assert dict(layers) == plain and len(layers) == len(plain)


def test_layers_stay_right_when_the_recent_layer_becomes_base() -> None:
    layers = Layers({"0": -1}, {}).changed({str(i): i for i in range(RECENT_MAX + 1)}).changed({"0": 7})
    assert layers["0"] == 7 and layers["1"] == 1 and len(layers) == RECENT_MAX + 1


def test_a_new_node_is_appended_and_a_changed_one_keeps_its_index() -> None:
    first = catalogue(2, 0)
    later = first.changed([node(7), node(1, active=False)], [])
    assert first.order == ("N1", "N2") and later.order == ("N1", "N2", "N7")
    assert later.closed.tolist() == [0] and first.closed.tolist() == []
    assert later.index_by_no[[1, 2, 7]].tolist() == [0, 1, 2] and later.index_by_no[3] == -1
    assert later.version > first.version


def test_kits_explode_into_components_and_plain_lines_stay() -> None:
    set_of_two = sku(3, kit(("S1", 2), ("S2", 1), keep_together=True))
    shop = Catalogue().changed([], [sku(1), sku(2), set_of_two])
    parts = shop.explode([BasketLine("a", "S1", 4), BasketLine("b", "S3", 5)])
    assert not isinstance(parts, Unknown)
    assert [(p.id, p.line_id, p.sku, p.quantity, p.kit, p.keep_together) for p in parts] == [
        ("a", "a", "S1", 4, None, False),
        ("b/S1", "b", "S1", 10, "b", True),
        ("b/S2", "b", "S2", 5, "b", True),
    ]


def test_unknown_skus_are_named_once_and_in_order() -> None:
    lines = [
        BasketLine("1", "X", 1),
        BasketLine("2", "S1", 1),
        BasketLine("3", "W", 1),
        BasketLine("4", "X", 1),
    ]
    assert catalogue(0, 1).explode(lines) == Unknown("sku", ("X", "W"))


def test_the_catalogue_follows_edits_however_they_are_made(engine: Engine) -> None:
    furnish(engine)
    with filled(engine) as (pool, feed):
        commit(
            engine,
            "UPDATE sku SET weight_g = 250, flags = '{cold,fragile}', barcodes = '{1,2}' WHERE id = 'S2'",
        )
        commit(engine, "UPDATE node SET city = 'Lyon' WHERE id = 'N1'")
        commit(engine, "INSERT INTO kit (kit_no, component_no, quantity) VALUES (1, 2, 2), (1, 3, 1)")
        assert feed.look()
        shop = pool.catalogue
        found = shop.skus["S2"]
        assert (found.weight_g, found.barcodes) == (250, ("1", "2"))
        assert found.flags == frozenset({"cold", "fragile"}) and shop.skus["S1"].flags == frozenset()
        assert shop.nodes["N1"].city == "Lyon"
        assert shop.skus["S1"].kit == kit(("S2", 2), ("S3", 1))
        commit(engine, "DELETE FROM kit WHERE component_no = 3")
        assert feed.look()
        assert pool.catalogue.skus["S1"].kit == kit(("S2", 2))
        assert shop.skus["S1"].kit == kit(("S2", 2), ("S3", 1)), "a snapshot does not change"
