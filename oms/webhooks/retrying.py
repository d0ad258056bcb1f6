"""When a failed attempt is made again, and how long an endpoint that fails rests. Chance is an argument."""

from __future__ import annotations

from datetime import timedelta

FIRST_S = 5.0
LONGEST_S = 3600.0
GIVE_UP_AFTER = timedelta(days=5)
"""Counted from a delivery's first attempt; and for an endpoint, from its first failure without a success."""
TRIP = 10
"""Failures in a row after which an endpoint rests between single attempts."""
REST_LONGEST_S = 300.0
LONGEST_WAIT_S = 3600
"""What a receiver may ask for by Retry-After, at most."""


def backoff(attempts: int, chance: float) -> timedelta:
    """The pause after so many attempts: doubled each time up to an hour, of which chance in [0, 1) takes up
    to half away, so that what failed together does not come back together.
    """
    return _jittered(min(LONGEST_S, FIRST_S * 2.0 ** min(attempts - 1, 30)), chance)


def rest(failures: int, chance: float) -> timedelta | None:
    """The pause of an endpoint with so many failures in a row, None while they are few. Never above five
    minutes: that soon it is noticed that the endpoint is back, however long it was away.
    """
    if failures < TRIP:
        return None
    return _jittered(min(REST_LONGEST_S, FIRST_S * 2.0 ** min(failures - TRIP, 30)), chance)


def _jittered(span_s: float, chance: float) -> timedelta:
    return timedelta(seconds=span_s * (1.0 - chance / 2.0))
