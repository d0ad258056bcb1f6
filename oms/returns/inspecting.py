"""What becomes of units that came back, and for how many of them the customer is paid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from inventory import places
from inventory.places import Area
from oms.orders.order import Order
from oms.orders.stages import HANDED_OUT, Counts
from oms.refusals import Code, Fault, refuse
from oms.returns.announcing import LineKey
from oms.returns.lifecycle import Disposition, ReturnEvent
from oms.returns.policy import ReturnPolicy
from oms.returns.values import Disposed, Return, ReturnLine

GOOD = "new"
"""The condition of a unit of which nobody says another."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``quantity`` units of a line and what becomes of them: ``disposition`` None as the policy says by
    condition; ``refund`` None likewise.
    """

    no: int
    quantity: int
    condition: str = ""
    disposition: Disposition | None = None
    to_node: str | None = None
    refund: bool | None = None


@dataclass(frozen=True, slots=True)
class Inspected:
    """The return afterwards, what became of each unit, and the units to credit by line."""

    back: Return
    disposed: tuple[Disposed, ...]
    credited: Mapping[LineKey, int]


def inspect(
    back: Return, policy: ReturnPolicy, verdicts: Sequence[Verdict], known: int, at: datetime
) -> Inspected:
    """Dispose of units received; all of a return need not be inspected at once. ``known``: dispositions
    written before.

    Raises Refused: illegal_transition, unknown_line, bad_quantity, invalid.
    """
    back.after(ReturnEvent.INSPECT_PART, at)  # before its lines are judged: is there anything to inspect?
    lines = {line.no: line for line in back.lines}
    disposed = []
    credited: dict[LineKey, int] = {}
    for place, verdict in enumerate(verdicts):
        line = _line_of(lines, place, verdict)
        one = _disposed(back, policy, line, place, verdict, known + place + 1)
        disposed.append(one)
        pays = verdict.quantity if _pays(back, policy, line, verdict, one.condition) else 0
        if pays and line.order_id is not None and line.line_id is not None:
            key = (line.order_id, line.line_id)
            credited[key] = credited.get(key, 0) + pays
        lines[line.no] = replace(
            line,
            inspected=line.inspected + verdict.quantity,
            refundable=line.refundable + (pays if line.order_id is not None else 0),
        )
    done = not any(line.uninspected for line in lines.values())
    after = back.after(ReturnEvent.INSPECT if done else ReturnEvent.INSPECT_PART, at)
    return Inspected(replace(after, lines=tuple(lines.values())), tuple(disposed), credited)


def credited_at_receipt(back: Return) -> Inspected:
    """Every unit that came back to an order is paid for at once, whatever becomes of it, but for what no rule
    takes and nobody announced: somebody decides on that at inspection.
    """
    lines = tuple(
        replace(line, refundable=line.received if line.order_id is not None and not line.breaches else 0)
        for line in back.lines
    )
    credited: dict[LineKey, int] = {}
    for line in lines:
        if line.order_id is not None and line.line_id is not None and line.refundable:
            key = (line.order_id, line.line_id)
            credited[key] = credited.get(key, 0) + line.refundable
    return Inspected(replace(back, lines=lines), (), credited)


def credit(
    orders: Mapping[str, Order], units: Mapping[LineKey, int], policy: ReturnPolicy, fee_minor: int = 0
) -> dict[str, Order]:
    """The orders once the customer need not pay for these units: the goods, shipping when the policy says so
    and nothing is kept, less the fee. What was credited already is not credited again.
    """
    after = {}
    for order in orders.values():
        counts = {
            line.id: _credited(line.counts, units.get((order.id, line.id), 0)) for line in order.picked_lines
        }
        made = order.with_counts(counts)
        kept = any(line.counts.owed for line in made.sold_lines)
        if policy.refund_shipping == "whole_order" and not kept:
            made = replace(made, shipping_credited_minor=made.shipping_minor)
        fee = min(fee_minor, max(0, order.total_minor - made.total_minor))
        fee_minor -= fee
        after[order.id] = replace(made, return_fee_minor=made.return_fee_minor + fee)
    return after


def fee_of(back: Return, policy: ReturnPolicy) -> int:
    """What the customer pays for the way back, once for the return."""
    charged = any(line.refundable for line in back.lines)
    free = all(
        line.reason in policy.free_reasons
        for line in back.lines
        if line.order_id is not None and line.announced
    )
    return 0 if charged or free or back.method == "counter" else policy.fee_minor


def place_of(node: str, disposition: Disposition) -> str:
    """Where units go from inspection."""
    if disposition in (Disposition.RESTOCK, Disposition.RESTOCK_ELSEWHERE):
        return places.shelf(node)
    if disposition is Disposition.SCRAP:
        return places.SCRAP
    return places.in_area(node, Area.DAMAGED)


def _credited(counts: Counts, units: int) -> Counts:
    return replace(counts, credited=min(counts.credited + units, counts.at(*HANDED_OUT)))


def _line_of(lines: Mapping[int, ReturnLine], place: int, verdict: Verdict) -> ReturnLine:
    line = lines.get(verdict.no)
    if line is None:
        fault = Fault(f"/lines/{place}/no", Code.UNKNOWN_LINE, "The return has no such line")
        raise refuse(Code.UNKNOWN_LINE, "A line of the return does not exist", fault)
    if verdict.quantity > line.uninspected:
        detail = f"{line.uninspected} units of the line are to be inspected"
        fault = Fault(f"/lines/{place}", Code.BAD_QUANTITY, detail)
        raise refuse(Code.BAD_QUANTITY, "More units than came back and were not inspected", fault)
    return line


def _disposed(
    back: Return, policy: ReturnPolicy, line: ReturnLine, place: int, verdict: Verdict, no: int
) -> Disposed:
    condition = verdict.condition or line.condition or GOOD
    disposition = verdict.disposition or policy.disposition(condition)
    elsewhere = disposition is Disposition.RESTOCK_ELSEWHERE
    if elsewhere != (verdict.to_node is not None) or verdict.to_node == back.node:
        fault = Fault(f"/lines/{place}", Code.INVALID, "restock_elsewhere, and nothing else, names to_node")
        raise refuse(Code.INVALID, "Another node is named where the goods are restocked there", fault)
    return Disposed(line.no, no, disposition, verdict.quantity, condition, verdict.to_node)


def _pays(back: Return, policy: ReturnPolicy, line: ReturnLine, verdict: Verdict, condition: str) -> bool:
    if line.order_id is None or (policy.refund_at == "receipt" and not line.breaches):
        return False
    if verdict.refund is not None:
        return verdict.refund
    if line.breaches:
        return False
    waived = bool(back.exception) and condition == line.condition
    return waived or policy.accepts(condition, line.reason)
