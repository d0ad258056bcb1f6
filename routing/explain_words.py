"""The sentences of an explanation."""

from __future__ import annotations

from collections.abc import Sequence

from routing.plan import Parcel
from routing.problem import Problem

NO_DECIMALS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF"})
THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})

_TERM_WORDS = {
    "tariff": "dearer transport",
    "fixed": "dearer handling at the node",
    "units": "dearer picking",
    "parcel_price": "a later or otherwise less wanted parcel",
    "day_price": "room on its day that is better kept for later orders",
    "bid_prices": "units that are better kept for later orders",
    "failing": "the risk that it cannot send them after all",
    "unfilled": "units that would stay unfilled",
}
_PER_PARCEL = frozenset({"tariff", "fixed", "parcel_price"})
_UNFILLED_WORDS = {
    "no_node_has_it": "no eligible node has it",
    "not_enough_available": "all eligible nodes together have too few",
    "no_tariff_carries_it": "no tariff carries one unit of it",
    "dearer_than_unfilled": "sending it costs more than leaving it unfilled",
    "capacity_or_stock_used_up": "what there is cannot be combined with the rest of the order",
    "search_limit_reached": "neither a plan for all nor a proof that there is none was found in the limit",
}


def money(minor: float, currency: str) -> str:
    """An amount in the currency's usual decimals, without its name."""
    decimals = 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2
    return f"{minor / 10**decimals:.{decimals}f}"


def parcel_words(
    problem: Problem, parcel: Parcel, card: str, tariff: int, fixed: int, units: int,
    felt: tuple[float, float] = (0.0, 0.0),
) -> str:  # fmt: skip
    """What a parcel costs; ``felt``: of that, for the risk of failing and for room on the node's day."""
    skus = dict(zip(problem.line_ids, problem.skus, strict=True))
    takes = ", ".join(f"{t.quantity} × {skus[t.line]}" for t in parcel.takes)
    parts = [f"transport {money(tariff, problem.currency)} ({card}, {parcel.billable_g} g)"]
    if fixed:
        parts.append(f"parcel {money(fixed, problem.currency)}")
    if units:
        parts.append(f"units {money(units, problem.currency)}")
    rest = parcel.objective_minor - parcel.cost_minor - sum(felt)
    named = zip(("risk of failing", "room on a busy day", "felt on top"), (*felt, rest), strict=True)
    nothing = money(0, problem.currency)
    parts += [
        f"{name} {told}" for name, minor in named if (told := money(minor, problem.currency)) != nothing
    ]
    return f"{parcel.node} sends {takes}: {' + '.join(parts)}."


def lost_words(
    problem: Problem, node: str, by: float, term: str | None, more_parcels: int, exact: bool,
    worth: tuple[str, float] | None = None,
) -> tuple[str, str]:  # fmt: skip
    """Why a node lost, and what would have to change for it to win. ``worth``: a SKU that it had better keep,
    and what a unit of that is felt to be worth to later orders.
    """
    if term is None:
        return f"{node} is in another plan of the same cost.", f"{node} wins as soon as it is any cheaper."
    why = _TERM_WORDS[term]
    if more_parcels > 0 and term in _PER_PARCEL:
        why = "one more parcel" if more_parcels == 1 else f"{more_parcels} more parcels"
    if worth is not None and money(worth[1], problem.currency) != money(0, problem.currency):
        sku, minor = worth
        why += f" (1 × {sku}, worth {money(minor, problem.currency)} more there)"
    lost = money(by, problem.currency)
    if lost == money(0, problem.currency):
        least = money(1, problem.currency)
        return (
            f"{node} lost by less than {least}: {why}.",
            f"{node} would win if its part of the order became {least} cheaper.",
        )
    most = "" if exact else "at most "
    return (
        f"{node} lost by {most}{lost}: {why}.",
        f"{node} would win if its part of the order became more than {most}{lost} cheaper.",
    )


def unfilled_words(line: str, quantity: int, reason: str, conditions: Sequence[str], node: str | None) -> str:
    why = _UNFILLED_WORDS[reason]
    stays = "stays" if quantity == 1 else "stay"
    sentence = f"{quantity} of line {line} {stays} unfilled: {why}."
    if conditions and node:
        sentence += f" Closest is {node}, where this stands in the way: {'; '.join(conditions)}."
    return sentence
