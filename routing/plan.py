"""What routing says: which node sends which units in which parcel, what it costs and how good that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Where nothing may stay unfilled there may be no plan: ``INFEASIBLE`` says that this is proven,
    ``NOT_FOUND`` that the search ended at its limit with neither a plan nor a proof.
    """

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    NOT_FOUND = "not_found_within_limit"

    @property
    def has_plan(self) -> bool:
        return self in (Status.OPTIMAL, Status.FEASIBLE)


@dataclass(frozen=True, slots=True)
class Take:
    """Units of one line in one parcel."""

    line: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Parcel:
    node: str
    takes: tuple[Take, ...]
    billable_g: int
    cost_minor: int
    objective_minor: float


@dataclass(frozen=True, slots=True)
class Unfilled:
    line: str
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """``cost_minor`` = tariffs + fixed + unit costs + penalties; ``objective_minor`` adds prices; bound and
    gap are on the objective. ``gap = (objective − bound) / objective``, 0 for a zero objective."""

    status: Status
    parcels: tuple[Parcel, ...]
    unfilled: tuple[Unfilled, ...]
    cost_minor: int
    objective_minor: float
    bound_minor: float

    @property
    def gap(self) -> float:
        if self.objective_minor == 0:
            return 0.0
        return max(0.0, (self.objective_minor - self.bound_minor) / abs(self.objective_minor))
