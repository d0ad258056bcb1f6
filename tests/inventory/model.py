"""Stock as plain Python: dictionaries and loops, no locks, no SQL. What the ledger is held against."""

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime

CAP = 3
LIMIT = 2
ORDER = ("backorder", "inbound", "shelf")


@dataclass
class Part:
    """Units of a line in one home."""

    group: str
    line: str
    sku: str
    kind: str
    node: str | None
    inbound: str | None
    quantity: int
    fenced: int
    promise: datetime | None
    state: str = "held"
    in_hand: bool = False


@dataclass
class Group:
    """What a group is besides its parts."""

    channel: str
    state: str
    created: datetime
    expires: datetime | None


@dataclass
class Doc:
    """Units on their way to a node: SKU → [announced, received]."""

    node: str
    place: str
    surplus_from: str
    shortfall_to: str
    lines: dict[str, list[int]]
    open: bool = True


@dataclass
class Model:
    """The whole stock."""

    on_hand: Counter[tuple[str, str]] = field(default_factory=Counter)
    safety: Counter[tuple[str, str]] = field(default_factory=Counter)
    fence: Counter[tuple[str, str]] = field(default_factory=Counter)
    blocked: set[tuple[str, str]] = field(default_factory=set)
    groups: dict[str, Group] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)
    waiting: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    docs: dict[str, Doc] = field(default_factory=dict)
    holds: dict[tuple[str, str], str] = field(default_factory=dict)
    places: Counter[tuple[str, str]] = field(default_factory=Counter)

    # ------------------------------------------------------------------ sums

    def held(self, **like: object) -> list[Part]:
        """Held parts with these attributes."""
        return [
            part
            for part in self.parts
            if part.state == "held" and all(getattr(part, name) == value for name, value in like.items())
        ]

    def reserved(self, node: str, sku: str) -> int:
        """Units held on a shelf."""
        return sum(part.quantity for part in self.held(kind="shelf", node=node, sku=sku))

    def free(self, node: str, sku: str, channel: str) -> int:
        """Units a channel may be promised. Only `web` has a fence."""
        key = (node, sku)
        others = 0 if channel == "web" else self.fence[key]
        left = self.on_hand[key] - self.reserved(node, sku) - self.safety[key] - others
        return 0 if key in self.blocked else max(0, left)

    def outstanding(self, doc: str, sku: str) -> int:
        """Units still to come."""
        one = self.docs[doc]
        announced, received = one.lines.get(sku, [0, 0])
        return max(0, announced - received) if one.open else 0

    def promised(self, doc: str, sku: str) -> int:
        """Units of a document that are held."""
        return sum(part.quantity for part in self.held(inbound=doc, sku=sku))

    def capacity(self, node: str) -> int:
        """Capacity of the node that is taken."""
        return sum(1 for (_, n), state in self.holds.items() if n == node and state != "released")

    # ------------------------------------------------------------- movements

    def travel(self, sku: str, quantity: int, start: str, end: str) -> None:
        """Units between places."""
        self.places[start, sku] -= quantity
        self.places[end, sku] += quantity

    def enter(self, node: str, sku: str, quantity: int, start: str) -> None:
        """Units onto a shelf."""
        self.travel(sku, quantity, start, f"{node}:shelf")
        self.on_hand[node, sku] += quantity

    def leave(self, node: str, sku: str, quantity: int, end: str, channel: str = "") -> None:
        """Units off a shelf, found first where there are too few."""
        if quantity > self.on_hand[node, sku]:
            self.enter(node, sku, quantity - self.on_hand[node, sku], f"{node}:missing")
        if channel == "web":
            self.fence[node, sku] -= min(quantity, self.fence[node, sku])
        self.travel(sku, quantity, f"{node}:shelf", end)
        self.on_hand[node, sku] -= quantity

    def shrink(self, at: datetime) -> None:
        """Displace what shelves and documents can no longer cover."""
        for node, sku in list(self.on_hand):
            self._displace(at, self.held(kind="shelf", node=node, sku=sku), self.on_hand[node, sku])
        for doc, one in self.docs.items():
            for sku in one.lines:
                self._displace(at, self.held(inbound=doc, sku=sku), self.outstanding(doc, sku))

    def _displace(self, at: datetime, parts: list[Part], enough: int) -> None:
        def risk(part: Part) -> tuple[int, bool, bool, float, int]:
            group = self.groups[part.group]
            lapsed = group.expires is not None and group.expires <= at
            rank = 2 if group.state == "firm" else 0 if lapsed else 1
            promise = part.promise
            late = -promise.timestamp() if promise else 0
            return rank, part.in_hand, promise is not None, late, -self.parts.index(part)

        short = sum(part.quantity for part in parts) - enough
        for part in sorted(parts, key=risk):
            if short > 0:
                lost = min(short, part.quantity)
                self.cut(part, lost, "displaced")
                self.waiting[part.group, part.line, part.sku] += lost
                short -= lost

    # ---------------------------------------------------------- reservations

    def cut(self, part: Part, quantity: int, state: str) -> Part:
        """Units of a part get another state; those drawn from the fence go last."""
        if quantity == part.quantity:
            part.state = state
            return part
        piece = deepcopy(part)
        piece.quantity, piece.state = quantity, state
        piece.fenced = max(0, quantity - (part.quantity - part.fenced))
        part.quantity -= quantity
        part.fenced -= piece.fenced
        self.parts.append(piece)
        return piece

    def release(self, part: Part, quantity: int, state: str) -> None:
        """Set units free."""
        piece = self.cut(part, quantity, state)
        if piece.kind == "shelf":
            self.fence[piece.node or "", piece.sku] += piece.fenced

    def hold(self, part: Part, channel: str) -> int:
        """Hold the part if there are units for it; returns those there are."""
        key = (part.node or "", part.sku)
        if part.kind == "shelf":
            free = self.free(*key, channel)
        elif part.kind == "inbound":
            doc = part.inbound or ""
            known = doc in self.docs and part.sku in self.docs[doc].lines
            free = self.outstanding(doc, part.sku) - self.promised(doc, part.sku) if known else 0
            part.node = self.docs[doc].node if known else None
        else:
            free = CAP - sum(other.quantity for other in self.held(kind="backorder", sku=part.sku))
        if free >= part.quantity:
            if part.kind == "shelf" and channel == "web":
                part.fenced = min(part.quantity, self.fence[key])
                self.fence[key] -= part.fenced
            self.parts.append(part)
        return free

    def give_up(self, id_: str, state: str) -> int:
        """Set free all of a group and close it; returns the units."""
        units = 0
        for part in self.held(group=id_):
            units += part.quantity
            self.release(part, part.quantity, state)
        for key in [key for key in self.waiting if key[0] == id_]:
            units += self.waiting.pop(key)
        posted = any(part.state == "posted" for part in self.parts if part.group == id_)
        self.groups[id_].state = "posted" if posted else state
        self.settle(id_)
        return units

    def settle(self, id_: str) -> None:
        """Give back capacity that the group needs no more."""
        mine = [part for part in self.parts if part.group == id_]
        for (group, node), state in self.holds.items():
            here = [part for part in mine if part.node == node] or mine
            if group == id_ and state == "held" and all(part.state != "held" for part in here):
                used = any(part.state == "posted" for part in here)
                self.holds[group, node] = "used" if used else "released"

    def finish(self, id_: str, state: str) -> None:
        """Close a group that has nothing left."""
        if self.held(group=id_) or any(units for key, units in self.waiting.items() if key[0] == id_):
            self.settle(id_)
        else:
            self.give_up(id_, state)

    def open(self, id_: str, at: datetime) -> bool:
        """Whether the group is one that still holds."""
        group = self.groups[id_]
        return group.state == "firm" or (
            group.state == "active" and group.expires is not None and at < group.expires
        )

    def free_lapsed(self, at: datetime, keys: set[tuple[str, str]], but: set[str]) -> bool:
        """Let go of what groups beyond their time hold at these positions."""
        found = False
        for id_, group in self.groups.items():
            if id_ not in but and group.state == "active" and not self.open(id_, at):
                for part in self.held(group=id_, kind="shelf"):
                    if (part.node, part.sku) in keys:
                        self.release(part, part.quantity, "expired")
                        found = True
        return found
