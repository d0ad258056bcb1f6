"""Whose safety stocks are reckoned by themselves: one document a retailer edits (``safety_stock``); usually
nobody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SafetyRule:
    """For nodes; None fits any. ``cancel_minor``: by channel, what a unit costs that was promised and cannot
    be sent; empty: nothing is reckoned. ``margin``: share of the price that is lost with a sale.
    ``lag_days``: how late books learn of till sales. ``apply``: what is reckoned is also set.
    """

    node: str | None = None
    market: str | None = None
    cancel_minor: Mapping[str, float] = field(default_factory=dict)
    margin: float = 0.3
    lag_days: float = 1.0
    apply: bool = False


@dataclass(frozen=True, slots=True)
class SafetyRules:
    """The first that fits a node holds for it."""

    rules: tuple[SafetyRule, ...] = ()

    def of(self, node: str, market: str) -> SafetyRule | None:
        """What holds for a node; None where nothing is to be reckoned."""
        fits = (rule for rule in self.rules if rule.node in (None, node) and rule.market in (None, market))
        found = next(fits, None)
        return found if found is not None and found.cancel_minor else None
