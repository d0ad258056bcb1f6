"""What happens at the shelf on the plain model: units taken in hand, units that are not to be had."""

from datetime import datetime

from inventory.requests import PickRequest, ShortRequest, ShortRule
from tests.inventory.model import Model


def mark(model: Model, request: PickRequest, in_hand: bool) -> tuple[str, int]:
    """The outcome's name, and the units a picker took in hand, or put back; one line."""
    id_, [line] = request.group_id, request.lines
    if id_ not in model.groups:
        return "Unknown", 0
    if model.groups[id_].state != "firm":
        return "Closed", 0
    parts = model.held(group=id_, line=line.line_id, node=line.node, kind="shelf", in_hand=not in_hand)
    left = line.quantity
    if sum(part.quantity for part in parts) < left:
        return "Insufficient", 0
    for part in parts:
        share = min(left, part.quantity)
        if share:
            model.cut(part, share, "held").in_hand = in_hand
        left -= share
    return "InHand", line.quantity


def short(model: Model, at: datetime, request: ShortRequest) -> tuple[str, int]:
    """The outcome's name, and the units that were not to be had; one line."""
    id_, [line] = request.group_id, request.lines
    if id_ not in model.groups:
        return "Unknown", 0
    if model.groups[id_].state != "firm":
        return "Closed", 0
    parts = model.held(group=id_, line=line.line_id, node=line.node, kind="shelf")
    left, none = line.quantity, request.rule is ShortRule.NONE
    if sum(part.quantity for part in parts) < left:
        return "Insufficient", 0
    for part in sorted(parts, key=lambda part: part.in_hand):
        share = min(left, part.quantity)
        if share:
            (model.release if none else model.cut)(part, share, "displaced")
            model.waiting[id_, part.line, part.sku] += share
        left -= share
    if not none:
        key = (line.node, parts[0].sku)
        in_hand = model.held(node=line.node, sku=parts[0].sku, kind="shelf", in_hand=True)
        left_there = model.on_hand[key] - sum(part.quantity for part in in_hand)
        area = "damaged" if request.rule is ShortRule.DAMAGED else "missing"
        gone = left_there if request.rule is ShortRule.ZERO else line.quantity
        if gone > 0:
            model.leave(*key, gone, f"{line.node}:{area}")
        model.blocked.add(key)
    model.settle(id_)
    model.shrink(at)
    return "FellShort", line.quantity
