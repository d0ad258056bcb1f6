"""What a retailer takes back: the document ``returns``, and which of its rules a wish breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from oms.returns.lifecycle import Disposition

WINDOW_OVER = "window_over"
FINAL_SALE = "final_sale"
CONDITION = "condition_not_accepted"
KIT_PART = "kit_part"
UNANNOUNCED = "unannounced"
NO_ORDER = "no_order"

RULES: Mapping[str, str] = {
    WINDOW_OVER: "The time to return this is over",
    FINAL_SALE: "This was a final sale",
    CONDITION: "Goods in this condition are not taken back",
    KIT_PART: "A kit is taken back whole",
    UNANNOUNCED: "Nobody announced it",
    NO_ORDER: "Nothing is taken back without its order",
}


@dataclass(frozen=True, slots=True)
class ReturnPolicy:
    """``window_days`` after delivery, shorter or longer by channel of the order or by flag of the SKU (the
    shortest flag wins, and wins over the channel). SKUs with the flag ``final_sale_flag`` never come back.

    ``conditions``: what is taken back and paid for; what comes for one of ``faulty_reasons``, in any.
    ``on_breach``: refuse at once, or ask customer care.
    ``auto_approve``: what breaks no rule is approved at once. ``kit_parts``: parts of a kit are taken back;
    the price of a kit is due once it is back whole. ``fee_minor``: kept for a return by ship or courier,
    unless it comes for one of ``free_reasons``. ``refund_shipping``: once nothing of the order is kept.
    ``restock``: what becomes of a unit by its condition when nobody says otherwise; anything else is damaged.
    ``transfer_days``: how long goods restocked elsewhere travel. ``node_kinds``: which nodes take returns.
    ``unannounced``: units that the orders of a return sold and nobody announced are paid for like the others,
    or only where somebody says so. ``without_order``: whether goods are taken back of which nobody finds the
    order.
    """

    window_days: int = 30
    window_days_by_channel: Mapping[str, int] = field(default_factory=dict)
    window_days_by_flag: Mapping[str, int] = field(default_factory=dict)
    final_sale_flag: str = "final_sale"
    conditions: tuple[str, ...] = ("new", "opened")
    faulty_reasons: tuple[str, ...] = ("damaged", "faulty")
    on_breach: Literal["refuse", "ask"] = "refuse"
    auto_approve: bool = True
    kit_parts: bool = False
    refund_at: Literal["inspection", "receipt"] = "inspection"
    refund_shipping: Literal["never", "whole_order"] = "never"
    fee_minor: int = 0
    free_reasons: tuple[str, ...] = ("damaged", "faulty", "wrong_item", "not_as_described")
    restock: Mapping[str, Disposition] = field(
        default_factory=lambda: {"new": Disposition.RESTOCK, "opened": Disposition.RESTOCK}
    )
    transfer_days: int = 2
    unannounced: Literal["credit", "ask"] = "credit"
    without_order: Literal["take", "refuse"] = "take"
    node_kinds: tuple[str, ...] = ("store", "warehouse", "dark_store")

    def window(self, channel: str, flags: frozenset[str]) -> timedelta:
        """How long after delivery goods with these flags may come back."""
        by_flag = [days for flag, days in self.window_days_by_flag.items() if flag in flags]
        days = min(by_flag) if by_flag else self.window_days_by_channel.get(channel, self.window_days)
        return timedelta(days=days)

    def disposition(self, condition: str) -> Disposition:
        """What becomes of a unit in this condition when nobody says otherwise."""
        return self.restock.get(condition, Disposition.DAMAGED)

    def accepts(self, condition: str, reason: str = "") -> bool:
        """Whether a unit that comes for this reason is taken back, and paid for, in this condition; not said
        counts as good.
        """
        return not condition or condition in self.conditions or reason in self.faulty_reasons


@dataclass(frozen=True, slots=True)
class Claim:
    """One line that is to come back, as far as the rules look at it."""

    channel: str
    flags: frozenset[str]
    delivered_at: datetime
    condition: str = ""
    kit_part: bool = False
    reason: str = ""


def breaches(policy: ReturnPolicy, claim: Claim, at: datetime) -> Iterator[str]:
    """The rules that the claim breaks, by name."""
    if policy.final_sale_flag in claim.flags:
        yield FINAL_SALE
    if at > claim.delivered_at + policy.window(claim.channel, claim.flags):
        yield WINDOW_OVER
    if not policy.accepts(claim.condition, claim.reason):
        yield CONDITION
    if claim.kit_part and not policy.kit_parts:
        yield KIT_PART
