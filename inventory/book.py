"""Locked truth in memory: decide a batch request by request, then write what changed at once.

Every change goes through `put`, so that a request refused half-way is taken back without a trace. The book
does not lock and does not write; `inventory/store` does.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from inventory.displacement import Endangered, losses
from inventory.movements import Entry
from inventory.positions import (
    Demand,
    Expected,
    Group,
    Held,
    Hold,
    Homeless,
    Loss,
    Position,
    PositionKey,
    Slot,
    SlotKey,
)

T = TypeVar("T")


@dataclass(slots=True)
class Book:
    """The rows a batch has locked, and what it adds."""

    positions: dict[PositionKey, Position] = field(default_factory=dict)
    demand: dict[int, Demand] = field(default_factory=dict)
    expected: dict[tuple[str, int], Expected] = field(default_factory=dict)
    slots: dict[SlotKey, Slot] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    rows: dict[str, list[Held]] = field(default_factory=dict)
    holds: dict[str, list[Hold]] = field(default_factory=dict)
    homeless: list[Homeless] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    freed: list[Hold] = field(default_factory=list)
    _undo: list[tuple[object, str, object]] = field(default_factory=list)

    def put(self, row: object, name: str, value: object) -> None:
        """Set a field of a row, undoably."""
        self._undo.append((row, name, getattr(row, name)))
        setattr(row, name, value)

    def mark(self) -> int:
        """Where to go back to."""
        return len(self._undo)

    def rewind(self, mark: int) -> None:
        """Undo everything since the mark."""
        while len(self._undo) > mark:
            row, name, value = self._undo.pop()
            if isinstance(row, list):
                row.pop()
            else:
                setattr(row, name, value)

    def add_row(self, row: Held) -> None:
        """A new part of a line."""
        self._append(self.rows.setdefault(row.group_id, []), row)

    def enter(self, entry: Entry) -> None:
        """A new movement."""
        self._append(self.entries, entry)

    def held(self, group_id: str) -> list[Held]:
        """The parts of a group that still hold units."""
        return [row for row in self.rows.get(group_id, ()) if row.state == "held"]

    # ------------------------------------------------------------------ taking

    def hold_shelf(self, like: Held, channel: str) -> int:
        """Hold `like.quantity` units at its position, own fences first. Returns the units free before; when
        those are too few, nothing is held.
        """
        position = self.positions.get((like.node_no or 0, like.sku_no))
        if position is None:
            return 0
        free = position.free(channel)
        if free < like.quantity:
            return free
        left = like.quantity
        parts: list[Held] = []
        for fence in position.own_fences(channel):
            if left:
                drawn = min(left, fence.quantity)
                self.put(fence, "quantity", fence.quantity - drawn)
                parts.append(replace(like, quantity=drawn, fence=fence.name, fenced=drawn))
                left -= drawn
        if left and parts:
            parts[0] = replace(parts[0], quantity=parts[0].quantity + left)
        for part in parts or [replace(like)]:
            self.add_row(part)
        self.put(position, "reserved", position.reserved + like.quantity)
        return free

    def hold_expected(self, like: Held) -> int:
        """Hold units of a document on its way; as `hold_shelf`."""
        line = self.expected.get((like.inbound_id or "", like.sku_no))
        if line is None or line.free < like.quantity:
            return line.free if line else 0
        free = line.free
        self.put(line, "promised", line.promised + like.quantity)
        self.add_row(replace(like))
        return free

    def hold_backorder(self, like: Held, on: date) -> int:
        """Hold units that are still to be bought in; as `hold_shelf`."""
        demand = self.demand[like.sku_no]
        early = demand.preorder_from is not None and on < demand.preorder_from
        free = demand.cap - demand.backordered if demand.sells and not early else 0
        if free >= like.quantity:
            self.put(demand, "backordered", demand.backordered + like.quantity)
            self.add_row(replace(like))
        return free

    # ---------------------------------------------------------------- releasing

    def part(self, row: Held, quantity: int, state: str) -> Held:
        """Cut `quantity` units off a row (or take it whole) and give them `state`. Units that were not drawn
        from the fence are cut first: last drawn, first cut.
        """
        if quantity == row.quantity:
            self.put(row, "state", state)
            return row
        fenced = max(0, quantity - (row.quantity - row.fenced))
        cut = replace(
            row, no=None, quantity=quantity, fenced=fenced, fence=row.fence if fenced else None, state=state
        )
        self.put(row, "quantity", row.quantity - quantity)
        self.put(row, "fenced", row.fenced - fenced)
        if not row.fenced:
            self.put(row, "fence", None)
        self.add_row(cut)
        return cut

    def release(self, row: Held, quantity: int, state: str) -> Held:
        """Set units of a held row free; what came from a fence goes back behind it, if it still stands."""
        cut = self.part(row, quantity, state)
        if cut.kind == "backorder":
            demand = self.demand[cut.sku_no]
            self.put(demand, "backordered", demand.backordered - quantity)
        elif cut.kind == "inbound":
            line = self.expected[cut.inbound_id or "", cut.sku_no]
            self.put(line, "promised", line.promised - quantity)
        else:
            position = self.position_of(cut)
            self.put(position, "reserved", position.reserved - quantity)
            for fence in position.fences:
                if fence.name == cut.fence:
                    self.put(fence, "quantity", fence.quantity + cut.fenced)
        return cut

    def leave(self, row: Held, quantity: int, state: str) -> None:
        """Units of a held row left the shelf for good, and the fence with them."""
        cut = self.part(row, quantity, state)
        position = self.position_of(cut)
        self.put(position, "reserved", position.reserved - quantity)
        self.put(position, "on_hand", position.on_hand - quantity)

    def displace(self, candidates: list[Endangered], units: int) -> None:
        """Take `units` from the candidates whose promise is least at risk. The units are gone, so nothing
        goes back behind a fence; they wait for a new home.
        """
        for candidate, quantity in losses(candidates, units):
            cut = self._take_away(candidate.row, quantity)
            firm = candidate.rank == 2
            self._append(self.losses, _loss(cut, candidate.owner, candidate.reference, firm))

    def fall_short(self, row: Held, quantity: int, cause: str, gone: bool) -> None:
        """Units a firm group holds on a shelf are not to be had there and wait for a new home; what is not
        ``gone`` goes back behind its fence.
        """
        cut = self._take_away(row, quantity) if gone else self.release(row, quantity, "displaced")
        group = self.groups[row.group_id]
        self._append(self.losses, _loss(cut, group.owner, group.reference, True, cause))

    def _take_away(self, row: Held, quantity: int) -> Held:
        cut = self.part(row, quantity, "displaced")
        if cut.kind == "inbound":
            line = self.expected[cut.inbound_id or "", cut.sku_no]
            self.put(line, "promised", line.promised - quantity)
        else:
            position = self.position_of(cut)
            self.put(position, "reserved", position.reserved - quantity)
        return cut

    def position_of(self, row: Held) -> Position:
        """The position a shelf row is held at; it is locked, or the verb forgot to."""
        return self.positions[row.node_no or 0, row.sku_no]

    # ----------------------------------------------------------------- capacity

    def take_capacity(self, group_id: str, key: SlotKey, quantity: int, limit: int) -> int:
        """Take of a slot under today's limit. Returns what was free; if that is too little, nothing is
        taken.
        """
        slot = self.slots[key]
        free = max(0, limit - slot.held)
        if free >= quantity:
            self.put(slot, "held", slot.held + quantity)
            self.put(slot, "limit", max(limit, slot.held))
            for hold in self.holds.get(group_id, ()):
                if (hold.node_no, hold.day, hold.bucket) == key:
                    before = 0 if hold.state == "released" else hold.quantity  # work done stays counted
                    self.put(hold, "quantity", before + quantity)
                    self.put(hold, "state", "held")
                    return free
            self._append(
                self.holds.setdefault(group_id, []), Hold(group_id, *key, quantity, "held", fresh=True)
            )
        return free

    def settle_capacity(self, group_id: str) -> None:
        """Close what capacity the group needs no more: at nodes where it had units and holds none now, and
        everywhere once it holds none at all. Where units were posted the work was done and stays counted.
        Slots that the batch has not locked are left to whoever writes (`freed`).
        """
        rows = self.rows.get(group_id, [])
        for hold in self.holds.get(group_id, ()):
            here = [row for row in rows if row.node_no == hold.node_no] or rows
            if hold.state != "held" or any(row.state == "held" for row in here):
                continue
            used = any(row.state == "posted" for row in here)
            self.put(hold, "state", "used" if used else "released")
            slot = self.slots.get((hold.node_no, hold.day, hold.bucket))
            if not used and slot is not None:
                self.put(slot, "held", slot.held - hold.quantity)
            elif not used:
                self._append(self.freed, hold)

    def _append(self, items: list[T], item: T) -> None:
        self._undo.append((items, "", None))
        items.append(item)


def _loss(cut: Held, owner: str, reference: str, firm: bool, cause: str = "") -> Loss:
    return Loss(
        cut.group_id,
        cut.line_id,
        cut.node_no or 0,
        cut.sku_no,
        cut.quantity,
        cut.promise_at,
        owner,
        reference,
        firm,
        cause,
    )
