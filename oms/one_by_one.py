"""A job that does the same for many things: one that breaks must not hold up the others behind it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from oms.refusals import LostRace
from oms.store.database import OUTAGES

log = logging.getLogger(__name__)


def one_by_one(things: Iterable[str], do: Callable[[str], int]) -> int:
    """``do`` it for each, in a transaction of its own, and add up what it returns.

    What loses a race is looked at again in the next round, as it is then. What breaks is told in the log, and
    tried again in the next round too. Raises what says that the database is gone.
    """
    done = 0
    for thing in things:
        try:
            done += do(thing)
        except LostRace as race:
            log.info("%s is looked at again (%s)", thing, race)
        except OUTAGES:
            raise
        except Exception:
            log.exception("%s breaks a job and is passed over", thing)
    return done
