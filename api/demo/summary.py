"""One sample's run in figures, and whether what must hold holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import asdict, dataclass
from typing import Any

from api.demo.day.checks import Check, checks_of
from api.demo.day.lived import Lived
from api.demo.figures import Figures, Outcome
from api.demo.play import Answers
from oms.audit import AuditReport

OURS = "anyshelf"


@dataclass(frozen=True, slots=True)
class Summary:
    """`outcome`: of the orders placed before the day that was played, which other policies are compared on.
    `whole`: those are all orders of the sample. `seconds`: reading and import, server start, placing, the
    days after, and all of it."""

    sample: str
    currency: str
    unfilled_penalty_minor: int
    reused: bool
    orders: int
    placed: int
    answers: Answers
    outcome: Outcome
    others: Mapping[str, Figures]
    lived: Lived
    whole: bool
    audit: AuditReport
    seconds: MutableMapping[str, float]

    @property
    def policies(self) -> Mapping[str, Figures]:
        """All policies on the same orders, ours last."""
        return {**self.others, OURS: self.outcome.figures}

    @property
    def checks(self) -> tuple[Check, ...]:
        return tuple(self._checks())

    @property
    def ok(self) -> bool:
        return all(check.holds for check in self.checks)

    def _checks(self) -> Iterator[Check]:
        ours, nearest = self.outcome.figures, self.others["nearest"]
        broken, refused = self.answers.broken, self.answers.refused.total()
        oversold = sum(self.outcome.oversold.values())
        cheapest_other = min(one.cost_per_order_minor for one in self.others.values())
        if self.answers.sent:  # an earlier run may have placed them all
            yield Check("no_server_error", not broken, f"{len(broken)} of {self.answers.sent:,} answers")
        yield Check(
            "every_order_answered",
            self.placed + refused + len(broken) == self.orders,
            f"{self.placed:,} placed and {refused:,} refused by name, of {self.orders:,}",
        )
        yield Check("nothing_oversold", not oversold, f"{oversold} units beyond what lay on a shelf")
        yield from checks_of(self.lived)
        yield Check("books_agree", self.audit.agrees, _size(self.audit))
        yield Check(
            "fills_no_less_than_nearest",
            ours.line_fill >= nearest.line_fill,
            f"{ours.line_fill:.1%} of lines, nearest {nearest.line_fill:.1%}",
        )
        if not self.whole:
            return  # units are spared for orders that come later: that pays over all of them
        yield Check(
            "costs_least",
            ours.cost_per_order_minor <= cheapest_other,
            f"{ours.cost_per_order_minor / 100:,.2f} an order, the best other {cheapest_other / 100:,.2f}",
        )

    def document(self) -> dict[str, Any]:
        """The summary as JSON can say it. Money in minor units, shares between 0 and 1."""
        return {
            "sample": self.sample,
            "currency": self.currency,
            "unfilled_penalty_minor": self.unfilled_penalty_minor,
            "reused": self.reused,
            "orders_played": self.orders,
            "sent_now": self.answers.sent,
            "placed": self.placed,
            "refused": dict(self.answers.refused),
            "server_errors": self.answers.broken,
            "asked_again": self.answers.again,
            "lines": self.outcome.lines,
            "units": self.outcome.units,
            **asdict(self.outcome.figures),
            "life": self.lived.document(),
            "policies": {name: asdict(found) for name, found in self.policies.items()},
            "invariants": [asdict(check) for check in self.checks],
            "ok": self.ok,
            "seconds": {name: round(value, 1) for name, value in self.seconds.items()},
        }


def _size(audit: AuditReport) -> str:
    counts = (
        f"{audit.movements:,} movements, {audit.positions:,} positions, {audit.reservations:,} reservations"
    )
    return f"{len(audit.differences)} differences in {counts}"
