"""The catalogue: snapshots that share what did not change, and kits that become their components."""

from dataclasses import replace
from itertools import count

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from inventory.catalogue import BasketLine, Catalogue
from inventory.outcomes import Unknown
from inventory.sku import Sku
from inventory.sku_columns import NO_COLUMNS
from inventory.skus import RECENT_MAX, Skus
from tests.inventory.pool_kit import catalogue, commit, filled, furnish, kit, node, sku

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\x1f"), max_size=3)
SKUS = st.builds(
    Sku,
    no=st.integers(1, 2**31 - 1),
    id=TEXT,
    name=st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
    barcodes=st.lists(TEXT, max_size=3).map(tuple),
    weight_g=st.integers(0, 2**31 - 1),
    length_mm=st.integers(0, 9),
    width_mm=st.integers(0, 9),
    height_mm=st.integers(0, 9),
    flags=st.frozensets(TEXT, max_size=2),
    unit_price_minor=st.integers(0, 2**63 - 1),
    active=st.booleans(),
    backorder_cap=st.integers(0, 9),
    backordered=st.integers(0, 9),
    preorder_from=st.none() | st.dates(),
    version=st.integers(1, 9),
    kit=st.none() | st.just(kit(("S1", 2), keep_together=True)),
    category=st.sampled_from(["", "Dairy", "Käse"]) | TEXT,
)


@given(st.lists(st.tuples(st.lists(SKUS, max_size=4), st.booleans()), max_size=6))
def test_skus_say_what_a_plain_dict_says(steps: list[tuple[list[Sku], bool]]) -> None:
    """Whether they stand in columns or among those of late."""
    known, plain, columns, numbers = Skus(), dict[str, Sku](), NO_COLUMNS, count(1)
    for some, fold in steps:
        new = {
            sku.id: replace(sku, no=plain[sku.id].no if sku.id in plain else next(numbers)) for sku in some
        }
        before = dict(known)
        plain = {**plain, **new}
        if fold:
            columns = columns.changed(plain)
        later = Skus(columns) if fold else known.changed(new)
        assert dict(known) == before, "a snapshot does not change"
        known = later
        assert dict(known) == plain and len(known) == len(plain)
        assert all(known.get(id) == known[id] == sku and id in known for id, sku in plain.items())
        assert known.get("of none") is None and "of none" not in known


def test_skus_of_late_become_columns_when_they_are_many() -> None:
    few = Skus().changed({"S0": sku(0), "S1": sku(1)})
    assert few.nbytes == 0
    many = few.changed({f"S{no}": sku(no) for no in range(1, RECENT_MAX + 2)}).changed({"S7": sku(7, cap=3)})
    assert many.nbytes > 0 and len(many) == RECENT_MAX + 2
    assert many["S7"].backorder_cap == 3 and many["S0"] == sku(0) and many["S9"] == sku(9)
    assert "S7" in few.changed({"S7": sku(7)}) and "S7" not in few
    found = [many[f"S{no}"] for no in range(RECENT_MAX + 2)]
    assert [one.no for one in found] == list(range(RECENT_MAX + 2))


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


def test_each_category_is_kept_once_however_many_skus_have_it() -> None:
    dairy = {f"S{no}": replace(sku(no), category="Dairy" if no % 2 else "") for no in range(1000)}
    columns = NO_COLUMNS.changed(dairy)
    plain = NO_COLUMNS.changed({f"S{no}": sku(no) for no in range(1000)})
    assert columns.nbytes == plain.nbytes
    milk, cheese = (columns.sku(columns.find(id)).category for id in ("S1", "S3"))
    assert milk == "Dairy" and milk is cheese


def test_categories_are_read_with_all_skus_and_one_by_one(engine: Engine) -> None:
    furnish(engine)
    commit(engine, "UPDATE sku SET category = 'Dairy' WHERE id IN ('S1', 'S3')")
    with filled(engine) as (pool, feed):
        assert [pool.catalogue.skus[id].category for id in ("S1", "S2", "S3")] == ["Dairy", "", "Dairy"]
        commit(engine, "UPDATE sku SET category = 'Ale' WHERE id IN ('S2', 'S3')")
        assert feed.look()
        assert [pool.catalogue.skus[id].category for id in ("S1", "S2", "S3")] == ["Dairy", "Ale", "Ale"]
    with filled(engine) as (pool, _):
        assert [pool.catalogue.skus[id].category for id in ("S1", "S2", "S3")] == ["Dairy", "Ale", "Ale"]


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
