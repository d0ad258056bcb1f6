"""The stock most tests of verbs begin with, and one way to ask for some of it."""

from sqlalchemy import Connection

from inventory.requests import (
    CapacityLine,
    ReserveLine,
    ReserveRequest,
    Shelf,
    Target,
)
from inventory.stock_reserve import ReserveOutcome, reserve
from tests.inventory.shop import T0, minutes


def ask(
    conn: Connection,
    group: str,
    units: int,
    target: Target | None = None,
    *,
    life: float | None = 15,
    promise: float = 60,
    channel: str = "web",
    capacity: tuple[CapacityLine, ...] = (),
    replaces: str | None = None,
) -> ReserveOutcome:
    """One line of S0, at N0 unless said otherwise."""
    line = ReserveLine("1", "S0", units, target or Shelf("N0"), minutes(promise))
    expires = None if life is None else minutes(life)
    request = ReserveRequest(group, channel, "ann", "", (line,), expires, capacity, replaces)
    [outcome] = reserve(conn, T0, [request])
    return outcome
