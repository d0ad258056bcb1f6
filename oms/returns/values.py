"""A return and its lines. Every line is of one SKU that is picked: a kit comes back as its components."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from oms.returns.lifecycle import RETURN, Disposition, Release, ReturnEvent, ReturnState


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """``quantity`` units announced, ``received`` scanned in, ``inspected`` of those disposed of.

    ``order_id`` and ``line_id`` name the picked line they were sold with, ``sold_line`` the line as sold;
    all None for goods nobody found an order for. ``refundable`` of the units received are paid back.
    ``breaches``: rules that stand against paying for units that nobody announced.
    """

    no: int
    sku: str
    quantity: int
    order_id: str | None = None
    line_id: str | None = None
    sold_line: str | None = None
    reason: str = ""
    note: str = ""
    condition: str = ""
    received: int = 0
    inspected: int = 0
    refundable: int = 0
    breaches: tuple[str, ...] = ()

    @property
    def announced(self) -> bool:
        return self.quantity > 0

    @property
    def came(self) -> str:
        """How it came: announced, unannounced, or of_no_order."""
        if self.order_id is None:
            return "of_no_order"
        return "announced" if self.announced else "unannounced"

    @property
    def uninspected(self) -> int:
        return self.received - self.inspected


@dataclass(frozen=True, slots=True)
class Disposed:
    """What became of units of a line; ``transfer`` brings them to ``to_node``."""

    line_no: int
    no: int
    disposition: Disposition
    quantity: int
    condition: str
    to_node: str | None = None
    transfer: str | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """Goods coming back from one customer. ``node`` is where they are expected, then where they arrived.

    ``breaches`` are the rules of the policy that were waived or are to be decided on; ``exception`` says why
    they were waived. ``release`` and ``credit_minor``: of the exchange it is half of.
    """

    id: str
    version: int
    state: ReturnState
    method: str
    channel: str
    requested_at: datetime
    actor: str
    lines: tuple[ReturnLine, ...]
    node: str | None = None
    customer_id: str | None = None
    breaches: tuple[str, ...] = ()
    exception: str = ""
    reason: str = ""
    release: Release | None = None
    credit_minor: int = 0
    instants: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def order_ids(self) -> tuple[str, ...]:
        """Its orders, in the order in which their rows are locked."""
        return tuple(sorted({line.order_id for line in self.lines if line.order_id is not None}))

    def after(self, event: ReturnEvent, at: datetime, reason: str = "") -> Return:
        """The return once this has happened. Raises Refused illegal_transition."""
        state = RETURN.step(self.state, event)
        instants = {**self.instants, state.value: self.instants.get(state.value, at)}
        return replace(self, state=state, instants=instants, reason=reason or self.reason)

    def line(self, no: int) -> ReturnLine | None:
        return next((line for line in self.lines if line.no == no), None)
