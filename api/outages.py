"""What the database's failures are called, to who asks: the cause, and what became of the request."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from oms.refusals import Code, Refusal

GONE = Refusal(
    Code.UNAVAILABLE,
    "The database cannot be reached just now, and what it was about to write may have been written; "
    "send the same request again, it takes effect once",
)
"""It may have been lost at the very commit, so it cannot be said that nothing was changed."""
BUSY = Refusal(
    Code.UNAVAILABLE, "All connections to the database are in use; nothing was changed, send it again"
)
SLOW = Refusal(
    Code.UNAVAILABLE, "The database took too long over this request; nothing was changed, send it again"
)
CONTENDED = Refusal(
    Code.UNAVAILABLE, "Others wanted the same rows, time and again; nothing was changed, send it again"
)
FULL = Refusal(Code.UNAVAILABLE, "The database has no room left to write; nothing was changed")

_BY_STATE = {
    "57014": SLOW,  # query_canceled: the time for a statement was up
    "55P03": SLOW,  # lock_not_available: the time to wait for others was up
    "40P01": CONTENDED,  # deadlock_detected
    "40001": CONTENDED,  # serialization_failure
    "53100": FULL,  # disk_full
}


def outage_of(error: Exception) -> Refusal:
    """The refusal that says what happened."""
    if isinstance(error, PoolTimeout):
        return BUSY
    cause = error.orig if isinstance(error, DBAPIError) else None
    return _BY_STATE.get(getattr(cause, "sqlstate", None) or "", GONE)
