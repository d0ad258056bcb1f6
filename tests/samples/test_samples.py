"""The committed samples: whole, attributed, and the problem they claim to be."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from oms.adapters.folder import Folder, read_folder
from oms.adapters.folder_replay import replay_of
from routing.replay.policies import POLICIES
from routing.replay.simulate import simulate

SAMPLES = Path(__file__).parents[2] / "samples"
NAMES = ("uk_retailer", "us_grocer")


@pytest.fixture(scope="module")
def folders() -> dict[str, Folder]:
    return {name: read_folder(SAMPLES / name) for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_says_where_it_comes_from_and_stays_small(name: str) -> None:
    words = (SAMPLES / name / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "licence" in words
    assert "CC" in words
    assert sum(path.stat().st_size for path in (SAMPLES / name).iterdir()) < 3_000_000


def test_the_samples_hold_what_they_say(folders: dict[str, Folder]) -> None:
    grocer, retailer = folders["us_grocer"], folders["uk_retailer"]
    assert (len(grocer.orders.id), len(grocer.lines.order)) == (4_155, 37_333)
    assert sorted(np.unique(grocer.nodes.kind, return_counts=True)[1].tolist()) == [5, 40]
    assert grocer.network.currency == "USD"
    assert (len(retailer.orders.id), len(retailer.returns.id)) == (3_118, 462)
    assert len(retailer.nodes.id) == 61
    assert retailer.network.currency == "GBP"


def test_on_the_stores_alone_the_nearest_node_fills_what_the_source_says(folders: dict[str, Folder]) -> None:
    ground, stream = replay_of(folders["us_grocer"])
    stores = np.array([node.startswith("store-") for node in ground.node_ids])
    played = simulate(
        dataclasses.replace(ground, on_hand=ground.on_hand * stores), stream, POLICIES["nearest"]
    )
    assert round(played.filled_lines / played.lines, 3) == 0.787


@pytest.mark.parametrize("name", NAMES)
def test_every_order_can_be_reached_from_every_node(folders: dict[str, Folder], name: str) -> None:
    ground, stream = replay_of(folders[name])
    assert (stream.card >= 0).all()
    assert len(stream.sku) == len(folders[name].lines.order), "no order names a SKU twice"
    assert (ground.on_hand.sum(axis=1) > 0).all(), "every SKU is somewhere"


@pytest.mark.parametrize("name", NAMES)
def test_the_cheapest_parcel_has_a_tariff(folders: dict[str, Folder], name: str) -> None:
    """Sparing is priced in it, so the replay must not take goods that go nowhere for the cheapest."""
    ground, _ = replay_of(folders[name])
    cheapest = int(folders[name].tariffs.minor.min())
    assert cheapest > 0
    assert ground.opening_minor == int(folders[name].nodes.fixed_minor.min()) + cheapest


def test_any_address_in_the_country_has_a_tariff(folders: dict[str, Folder]) -> None:
    far = dataclasses.replace(
        folders["us_grocer"].orders,
        postcode=np.full(4_155, "99801", dtype=np.object_),
        lat=np.full(4_155, 58.30),
        lon=np.full(4_155, -134.42),
    )
    ground, stream = replay_of(dataclasses.replace(folders["us_grocer"], orders=far))
    assert {ground.cards.names[card] for card in stream.card[0]} == {"usps-zone8"}


def test_returned_units_were_sold(folders: dict[str, Folder]) -> None:
    retailer = folders["uk_retailer"]
    sold: dict[tuple[str, str], int] = {}
    for order, sku, units in zip(
        retailer.lines.order, retailer.lines.sku, retailer.lines.quantity, strict=True
    ):
        sold[order, sku] = sold.get((order, sku), 0) + int(units)
    for order, sku, units in zip(
        retailer.returns.order, retailer.returns.sku, retailer.returns.quantity, strict=True
    ):
        sold[order, sku] -= int(units)
        assert sold[order, sku] >= 0
    placed = dict(zip(retailer.orders.id, retailer.orders.placed_at, strict=True))
    lag = retailer.returns.returned_at - np.array([placed[order] for order in retailer.returns.order])
    assert (lag >= np.timedelta64(0, "us")).all()
