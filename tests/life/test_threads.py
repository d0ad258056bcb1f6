"""Three channels, three methods, back in three ways: each thread from the checkout to the shelf again."""

from __future__ import annotations

import pytest

from tests.checkout.conftest import Shop
from tests.checkout.conftest import shop as shop
from tests.life.stories import Story

CHANNELS = ("web", "app", "marketplace")
METHODS = ("ship", "pickup", "courier")

every_way = pytest.mark.parametrize(("channel", "method"), [(c, m) for c in CHANNELS for m in METHODS])


@every_way
def test_taken_and_brought_to_the_counter_of_another_store(shop: Shop, channel: str, method: str) -> None:
    story = Story(shop, channel, method)
    story.placed()
    story.prepared()
    story.taken()
    story.back_over_the_counter("ST-2")
    story.is_over("closed", shelf="ST-2")


@every_way
def test_taken_and_sent_back_to_the_warehouse(shop: Shop, channel: str, method: str) -> None:
    story = Story(shop, channel, method)
    story.placed()
    story.prepared()
    story.taken()
    story.sent_back("WH")
    story.is_over("closed", shelf="WH")


@every_way
def test_never_taken(shop: Shop, channel: str, method: str) -> None:
    """Brought back by the carrier, not collected in time, refused at the door."""
    story = Story(shop, channel, method)
    story.placed()
    story.prepared()
    story.never_taken()
    story.is_over("closed", shelf=story.node)
