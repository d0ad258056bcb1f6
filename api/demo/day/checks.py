"""What must hold once the played orders have come to their ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from api.demo.day.lived import Lived


@dataclass(frozen=True, slots=True)
class Check:
    """What must hold, and what was found."""

    name: str
    holds: bool
    found: str


def checks_of(lived: Lived) -> Iterator[Check]:
    """Every order came to an end that has a name; units, money and events agree."""
    life = lived.life
    ends = ", ".join(f"{n:,} {name}" for name, n in sorted(life.ends.items()))
    yield Check("every_order_came_to_an_end", not life.astray, ends + _some(life.astray))
    yield Check(
        "nobody_met_a_failure",
        not lived.tally.broken,
        f"{len(lived.tally.broken)} of {lived.tally.sent:,} answers{_some(lived.tally.broken)}",
    )
    stray = sum(map(abs, lived.left.values()))
    yield Check(
        "every_unit_has_a_place",
        not stray and not lived.gainsaid,
        f"{stray} left on the road or in inspection, {lived.gainsaid} where orders and ledger disagree",
    )
    yield Check(
        "every_penny_is_settled",
        not life.unsettled,
        f"{len(life.unsettled)} orders hold more or less than is owed{_some(life.unsettled)}",
    )
    yield Check(
        "events_tell_every_status",
        not lived.wrong,
        f"{len(lived.wrong)} of {life.orders:,} statuses rebuilt from the feed differ{_some(lived.wrong)}",
    )


def _some(names: list[str]) -> str:
    return f": {', '.join(names[:5])}" if names else ""
