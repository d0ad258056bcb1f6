"""What can be played: the rules in use elsewhere, and the exact engine without and with prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from routing.replay import rules
from routing.replay.places import BY_COST


@dataclass(frozen=True, slots=True)
class Policy:
    """``rule``: by number; ``sparing``: units at broad nodes are felt to cost (``routing.breadth``);
    ``foresight``: they are felt to cost what they are worth to orders to come (``routing.replay.foresight``);
    ``wave``: orders that wait for their cut-off are planned anew together (``routing.replay.gather``).
    """

    rule: int = BY_COST
    sparing: bool = False
    foresight: bool = False
    wave: bool = False


POLICIES: Mapping[str, Policy] = {
    "nearest": Policy(rules.NEAREST),
    "priority": Policy(rules.PRIORITY),
    "highest_stock": Policy(rules.HIGHEST_STOCK),
    "fewest_parcels": Policy(rules.FEWEST_PARCELS),
    "ranked": Policy(rules.RANKED),
    "penalty_score": Policy(rules.PENALTY_SCORE),
    "rule_cascade": Policy(rules.RULE_CASCADE),
    "cheapest": Policy(),
    "sparing": Policy(sparing=True),
    "lookahead": Policy(sparing=True, foresight=True),
    "lookahead_wave": Policy(sparing=True, foresight=True, wave=True),
}
