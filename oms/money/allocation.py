"""Amounts of a line or an order spread over its units, to the cent.

The share of the first k of n units is the whole amount times k over n, rounded down; a unit's own share is
the difference of two of these. So shares of any division into parts add up to the whole, always, and a refund
is what was owed before less what is owed after.
"""

from __future__ import annotations


def share(amount_minor: int, part: int, of: int) -> int:
    """What ``part`` of ``of`` equal parts carry of the amount, rounded down; nothing of nothing."""
    assert 0 <= part <= max(of, 0), f"{part} of {of}"
    return amount_minor * part // of if of else 0


def by_unit(amount_minor: int, units: int) -> list[int]:
    """Each unit's share, in order; they add up to the amount."""
    return [share(amount_minor, n + 1, units) - share(amount_minor, n, units) for n in range(units)]
