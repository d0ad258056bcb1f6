"""Order and reservation verbs under many schedules: as one after the other, or it is a fault.

The long form is `make soak`; run with `-s` to see how many schedules each scenario had.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.races.playing import Tally, explored
from tests.races.scenarios import LARGE, SMALL, Scenario
from tests.races.world import World, world

SEEDS = 10
WHOLE = {"reserve, reserve: the last unit", "order, void what is over"}
"""Those with every schedule of one preemption here; the others have them in the long form."""


def named(scenario: Scenario) -> str:
    return scenario.name


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, one_database: str) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("races")
    with world(one_database, folder) as made:
        yield made


@pytest.mark.parametrize("scenario", SMALL, ids=named)
def test_two_at_once_are_as_one_after_the_other(shop: World, scenario: Scenario) -> None:
    whole = scenario.name in WHOLE
    right(explored(shop, scenario, preemptions=1 if whole else 0, seeds=0 if whole else SEEDS))


@pytest.mark.parametrize("scenario", LARGE, ids=named)
def test_several_at_once_are_as_one_after_the_other(shop: World, scenario: Scenario) -> None:
    right(explored(shop, scenario, preemptions=None, seeds=SEEDS))


def right(tally: Tally) -> None:
    print("\n", tally.document())
    assert tally.schedules >= SEEDS
    assert not tally.faults, "\n".join(tally.faults[:3])
