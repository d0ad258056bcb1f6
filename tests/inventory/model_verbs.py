"""The verbs on the plain model, each answering with the names of the outcomes the ledger has to give."""

from copy import deepcopy
from datetime import datetime, timedelta

from inventory.documents import Receipt, TransferRequest
from inventory.places import Area
from inventory.requests import (
    Backorder,
    Incoming,
    MoveRequest,
    PartLine,
    PostRequest,
    ReserveRequest,
    Shelf,
    Source,
    Target,
    Unplaced,
    VoidRequest,
)
from tests.inventory.model import LIMIT, ORDER, Doc, Group, Model, Part

LIFE = timedelta(hours=4)


def part_for(
    group: str, line: str, sku: str, quantity: int, target: Target, promise: datetime | None
) -> Part:
    """Units as they would be held there."""
    if isinstance(target, Shelf):
        return Part(group, line, sku, "shelf", target.node, None, quantity, 0, promise)
    if isinstance(target, Incoming):
        return Part(group, line, sku, "inbound", None, target.inbound, quantity, 0, promise)
    return Part(group, line, sku, "backorder", None, None, quantity, 0, promise)


def reserve(model: Model, at: datetime, batch: list[ReserveRequest]) -> list[str]:
    """One after the other; those short of shelf units get a second try once lapsed groups let go."""
    existing = set(model.groups)
    keys: set[tuple[str, str]] = set()
    for request in batch:
        keys |= {(line.target.node, line.sku) for line in request.lines if isinstance(line.target, Shelf)}
        for line in request.lines:
            if isinstance(line.target, Incoming) and line.target.inbound in model.docs:
                doc = model.docs[line.target.inbound]
                keys |= {(doc.node, sku) for sku in doc.lines}
        for part in model.held(group=request.replaces or ""):
            keys.add((part.node or "", part.sku))
            if part.inbound:
                keys |= {(part.node or "", sku) for sku in model.docs[part.inbound].lines}
    outcomes = [_reserve(model, at, request, existing) for request in batch]
    but = {request.group_id for request in batch} | {request.replaces or "" for request in batch}
    if "Insufficient" in outcomes and model.free_lapsed(at, keys, but):
        for i, request in enumerate(batch):
            if outcomes[i] == "Insufficient":
                outcomes[i] = _reserve(model, at, request, existing)
    return outcomes


def _reserve(model: Model, at: datetime, request: ReserveRequest, existing: set[str]) -> str:
    if request.group_id in model.groups:
        return "Replayed"
    old = request.replaces if request.replaces in model.groups else None
    created = model.groups[old].created if old and request.expires_at and model.open(old, at) else at
    if request.expires_at is not None and request.expires_at > created + LIFE:
        return "TooLong"
    before = deepcopy(model.__dict__)
    if old and model.groups[old].state in ("active", "firm"):
        model.give_up(old, "voided")
    state = "firm" if request.expires_at is None else "active"
    model.groups[request.group_id] = Group(request.channel, state, created, request.expires_at)
    short = False
    for line in request.lines:
        part = part_for(request.group_id, line.line_id, line.sku, line.quantity, line.target, line.promise_at)
        short |= model.hold(part, request.channel) < line.quantity
    crowded = any(model.capacity(slot.node) >= LIMIT for slot in request.capacity)
    if short or crowded:
        model.__dict__.update(before)
        return "Insufficient" if short else "CapacityExhausted"
    for slot in request.capacity:
        model.holds[request.group_id, slot.node] = "held"
    return "Reserved"


def firm(model: Model, at: datetime, id_: str) -> str:
    """An order stands behind the group."""
    if id_ not in model.groups:
        return "Unknown"
    if not model.open(id_, at) or _partly_expired(model, id_):
        return "Closed"
    group = model.groups[id_]
    if group.state == "active" and any(units for key, units in model.waiting.items() if key[0] == id_):
        return "Diminished"
    group.state, group.expires = "firm", None
    return "Firmed"


def extend(model: Model, at: datetime, id_: str, until: datetime) -> str:
    """More time."""
    if id_ not in model.groups:
        return "Unknown"
    group = model.groups[id_]
    if group.state != "active" or not model.open(id_, at) or _partly_expired(model, id_):
        return "Closed"
    if until > group.created + LIFE:
        return "TooLong"
    group.expires = until
    return "Extended"


def void(model: Model, request: VoidRequest) -> tuple[str, int]:
    """The outcome's name, and the units set free."""
    id_ = request.group_id
    if id_ not in model.groups:
        return "Unknown", 0
    live = model.groups[id_].state in ("active", "firm")
    if request.lines is None or not live:
        return "Released", model.give_up(id_, "voided") if live else 0
    before, units = deepcopy(model.__dict__), 0
    for line in request.lines:
        key = [key for key in model.waiting if key[:2] == (id_, line.line_id)] if line.node is None else []
        held = sorted(_of_line(model, id_, line), key=lambda part: (ORDER.index(part.kind), part.in_hand))
        total = sum(model.waiting[k] for k in key) + sum(part.quantity for part in held)
        left = total if line.quantity is None else line.quantity
        if not total or left > total:
            model.__dict__.update(before)
            return "Insufficient", 0
        units += left
        for k in key:
            lost = min(left, model.waiting[k])
            model.waiting[k] -= lost
            left -= lost
        for part in held:
            share = min(left, part.quantity)
            if share:
                model.release(part, share, "voided")
            left -= share
    model.finish(id_, "voided")
    return "Released", units


def post(model: Model, request: PostRequest) -> tuple[str, int]:
    """The outcome's name, and the units that left."""
    id_ = request.group_id
    if id_ not in model.groups:
        return "Unknown", 0
    state = model.groups[id_].state
    if state != "firm":
        return ("Posted", 0) if state == "posted" and request.lines is None else ("Closed", 0)
    before, units = deepcopy(model.__dict__), 0
    shelf_lines = sorted({part.line for part in model.held(group=id_, kind="shelf")})
    for line in request.lines or tuple(PartLine(name) for name in shelf_lines):
        held = [part for part in _of_line(model, id_, line) if part.kind == "shelf"]
        held.sort(key=lambda part: not part.in_hand)
        total = sum(part.quantity for part in held)
        left = total if line.quantity is None else line.quantity
        if not total or left > total:
            model.__dict__.update(before)
            return "Insufficient", 0
        units += left
        for part in held:
            share = min(left, part.quantity)
            if share:
                model.cut(part, share, "posted")
                model.leave(part.node or "", part.sku, share, request.to_place)
            left -= share
    model.finish(id_, "posted")
    return "Posted", units


def move(model: Model, at: datetime, request: MoveRequest) -> str:
    """Another home for units; one step."""
    id_ = request.group_id
    if id_ not in model.groups:
        return "Unknown"
    if not model.open(id_, at):
        return "Closed"
    outcome = _move(model, request)
    keys = {(part.node or "", part.sku) for part in model.held(group=id_)}
    for place in (place for step in request.steps for place in (step.source, step.target)):
        if isinstance(place, Shelf):
            keys.add((place.node, request.steps[0].sku))
        if isinstance(place, Incoming) and place.inbound in model.docs and place is request.steps[0].target:
            keys |= {(model.docs[place.inbound].node, sku) for sku in model.docs[place.inbound].lines}
    for part in model.held(group=id_):
        if part.inbound:
            keys |= {(part.node or "", sku) for sku in model.docs[part.inbound].lines}
    if outcome == "Insufficient" and model.free_lapsed(at, keys, {id_}):
        outcome = _move(model, request)
    return outcome


def _move(model: Model, request: MoveRequest) -> str:
    id_, [step] = request.group_id, request.steps
    before, left, promise = deepcopy(model.__dict__), step.quantity, None
    if isinstance(step.source, Unplaced):
        key = (id_, step.line_id, step.sku)
        share = min(left, model.waiting[key])
        model.waiting[key] -= share
        left -= share
    mine = model.held(group=id_, line=step.line_id, sku=step.sku)
    for part in sorted(mine, key=lambda part: part.in_hand):
        if left and _lies_at(part, step.source):
            share = min(left, part.quantity)
            promise = part.promise
            model.release(part, share, "voided")
            left -= share
    target = part_for(id_, step.line_id, step.sku, step.quantity, step.target, promise)
    if left or model.hold(target, model.groups[id_].channel) < step.quantity:
        model.__dict__.update(before)
        return "Insufficient"
    model.settle(id_)
    return "Rehomed"


def expire(model: Model, at: datetime) -> set[str]:
    """The groups whose time was up."""
    due = {id_ for id_, g in model.groups.items() if g.state == "active" and not model.open(id_, at)}
    for id_ in due:
        model.give_up(id_, "expired")
    return due


def receive(model: Model, at: datetime, receipt: Receipt) -> str:
    """Units of a document arrive."""
    if receipt.id not in model.docs:
        return "Unknown"
    doc = model.docs[receipt.id]
    if not doc.open:
        return "Closed"
    for line in receipt.lines:
        surplus = line.quantity - model.outstanding(receipt.id, line.sku)
        if surplus > 0:
            model.travel(line.sku, surplus, doc.surplus_from, doc.place)
        doc.lines.setdefault(line.sku, [0, 0])[1] += line.quantity
        if line.area is not Area.SHELF:
            model.travel(line.sku, line.quantity, doc.place, f"{doc.node}:{line.area}")
            continue
        model.enter(doc.node, line.sku, line.quantity, doc.place)
        left = line.quantity
        waiting = model.held(inbound=receipt.id, sku=line.sku)
        for part in sorted(waiting, key=lambda p: (p.promise is None, p.promise and p.promise.timestamp())):
            if left:
                piece = model.cut(part, min(left, part.quantity), "held")
                piece.kind, piece.inbound = "shelf", None
                left -= piece.quantity
    if receipt.close:
        for sku in doc.lines:
            lost = model.outstanding(receipt.id, sku)
            model.travel(sku, lost, doc.place, doc.shortfall_to)
        doc.open = False
    model.shrink(at)
    return "Done"


def ship(model: Model, request: TransferRequest) -> None:
    """A planned transfer leaves with all that is still held for it."""
    id_ = f"transfer:{request.id}"
    start, end = request.from_node, request.to_node
    doc = Doc(end, f"in_transit:{request.id}", f"{start}:missing", f"{end}:missing", {})
    model.docs[id_] = doc
    for line in sorted(request.lines, key=lambda line: line.line_id):
        group = line.group_id or id_
        doc.lines.setdefault(line.sku, [0, 0])
        left = line.quantity
        carried = model.held(group=group, line=line.line_id, sku=line.sku, kind="shelf", node=start)
        for part in sorted(carried, key=lambda part: not part.in_hand):
            share = min(left, part.quantity)
            if not share:
                continue
            left -= share
            promise = part.promise
            model.cut(part, share, "voided" if line.group_id else "posted")
            model.leave(start, line.sku, share, doc.place)
            doc.lines[line.sku][0] += share
            if line.group_id:
                model.parts.append(
                    Part(group, line.line_id, line.sku, "inbound", end, id_, share, 0, promise)
                )
    if id_ in model.groups:
        model.give_up(id_, "voided")
    for group in {line.group_id for line in request.lines if line.group_id}:
        model.settle(group)


def _of_line(model: Model, id_: str, line: PartLine) -> list[Part]:
    held = model.held(group=id_, line=line.line_id)
    return [part for part in held if line.node is None or part.node == line.node]


def _partly_expired(model: Model, id_: str) -> bool:
    return any(part.group == id_ and part.state == "expired" for part in model.parts)


def _lies_at(part: Part, source: Source) -> bool:
    if isinstance(source, Shelf):
        return part.kind == "shelf" and part.node == source.node
    if isinstance(source, Incoming):
        return part.kind == "inbound" and part.inbound == source.inbound
    return isinstance(source, Backorder) and part.kind == "backorder"
