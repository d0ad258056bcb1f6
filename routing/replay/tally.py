"""What a replay comes to: totals of money, parcels, days, grams and stock-outs, and the digest of it all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from routing.problem import Floats, Ints
from routing.replay.places import ARRIVES, DAY, GRAMS, NODE, ORDER, TAKEN, TRANSPORT
from routing.replay.stream import Ground, Stream

G_PER_KG = 1000.0


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """Totals of one policy over one stream. ``cost_minor`` includes the penalty of unfilled units,
    ``objective_minor`` also what is felt per parcel and day.

    ``digest`` names every parcel of every order: equal digests are equal runs.
    """

    orders: int
    lines: int
    units: int
    filled_orders: int
    filled_lines: int
    filled_units: int
    parcels: int
    sent_orders: int  # in one parcel or more
    split_orders: int  # sent in more than one parcel
    transport_minor: int
    fixed_minor: int
    pick_minor: int
    penalty_minor: int
    felt_minor: float
    parcel_km: float
    co2_g: float
    order_days: int  # from each order that is sent to the last of it
    on_time_orders: int
    node_parcels: Ints  # [N]
    node_units: Ints  # [N]
    stock_outs: Ints  # [N] SKUs that ran out
    rejected: int  # units that were not on their shelf
    large: int  # decisions beyond the exact kernel
    by_node: int  # orders that took the node-by-node programme
    digest: str
    whole_minor: Floats  # [O] what each order played was felt to cost, NaN where a unit was missing

    @property
    def paid_minor(self) -> int:
        return self.transport_minor + self.fixed_minor + self.pick_minor

    @property
    def cost_minor(self) -> int:
        return self.paid_minor + self.penalty_minor

    @property
    def objective_minor(self) -> float:
        return self.cost_minor + self.felt_minor


class Tally:
    """Adds up parcels and takes as the loop writes them."""

    def __init__(self, ground: Ground, stream: Stream, promise_days: int, past: int = 0) -> None:
        self._ground, self._stream, self._promise, self._past = ground, stream, promise_days, past
        orders, nodes = len(stream.order_ids), len(ground.node_ids)
        self._served: Ints = np.zeros(len(stream.sku), np.int64)
        self._parcels: Ints = np.zeros(orders, np.int64)
        self._arrives: Ints = np.full(orders, -1, np.int64)
        self._order_minor: Floats = np.zeros(orders)
        self._node_parcels: Ints = np.zeros(nodes, np.int64)
        self._node_units: Ints = np.zeros(nodes, np.int64)
        self._transport = self._pick = 0
        self._km = self._co2 = self._days = 0.0
        self._digest = hashlib.sha256()

    def add(self, parcels: Ints, takes: Ints) -> None:
        stream, node, order = self._stream, parcels[:, NODE], parcels[:, ORDER]
        place = stream.destination[order]
        taken = np.diff(parcels[:, TAKEN], prepend=0)
        of = np.repeat(np.arange(len(parcels)), taken)
        units = np.zeros(len(parcels), np.int64)
        np.add.at(units, of, takes[:, 1])
        np.add.at(self._served, stream.start[order[of]] + takes[:, 0], takes[:, 1])
        np.add.at(self._parcels, order, 1)
        np.maximum.at(self._arrives, order, parcels[:, ARRIVES])
        np.add.at(self._node_parcels, node, 1)
        np.add.at(self._node_units, node, units)
        unit = self._ground.pick_minor[node] if stream.unit_minor is None else stream.unit_minor[place, node]
        km = stream.km[place, node]
        self._transport += int(parcels[:, TRANSPORT].sum())
        self._pick += int((units * unit).sum())
        late = (parcels[:, ARRIVES] - stream.days.placed[order]) * self._ground.late_day_minor
        felt = self._ground.parcel_minor + late
        sent = parcels[:, TRANSPORT] + self._ground.fixed_minor[node] + units * unit
        np.add.at(self._order_minor, order, sent + felt)
        self._km += float(km.sum())
        self._co2 += float((km * parcels[:, GRAMS]).sum()) / G_PER_KG * self._ground.co2_g_per_kg_km
        self._days += float((parcels[:, ARRIVES] - stream.days.placed[order]).sum())
        rows = np.stack([order, node, parcels[:, DAY], taken], axis=1)
        self._digest.update(rows.astype("<i8").tobytes() + takes.astype("<i8").tobytes())

    def close(self, left: Ints, rejected: int, large: int, by_node: int) -> Replay:
        """The totals; ``left`` [S, N] is what is still on the shelves."""
        ground, stream = self._ground, self._stream
        first, line = self._past, int(stream.start[self._past])
        units, filled = int(stream.quantity[line:].sum()), int(self._served.sum())
        whole = (self._served == stream.quantity)[line:]
        missing = np.zeros(len(stream.order_ids) - first, np.int64)
        np.add.at(missing, np.repeat(np.arange(len(missing)), np.diff(stream.start[first:])), ~whole)
        took = (self._arrives - stream.days.placed)[first:]
        days = took[self._parcels[first:] > 0]
        parcels = int(self._parcels.sum())
        felt = parcels * ground.parcel_minor + self._days * ground.late_day_minor
        on_time = (missing == 0) & (took <= self._promise)
        return Replay(
            orders=len(missing),
            lines=len(whole),
            units=units,
            filled_orders=int((missing == 0).sum()),
            filled_lines=int(whole.sum()),
            filled_units=filled,
            parcels=parcels,
            sent_orders=len(days),
            split_orders=int((self._parcels > 1).sum()),
            transport_minor=self._transport,
            fixed_minor=int((self._node_parcels * ground.fixed_minor).sum()),
            pick_minor=self._pick,
            penalty_minor=(units - filled) * ground.unfilled_penalty_minor,
            felt_minor=felt,
            parcel_km=self._km,
            co2_g=self._co2,
            order_days=int(days.sum()),
            on_time_orders=int(on_time.sum()),
            node_parcels=self._node_parcels,
            node_units=self._node_units,
            stock_outs=((ground.on_hand > 0) & (left == 0)).sum(axis=0),
            rejected=rejected,
            large=large,
            by_node=by_node,
            digest=self._digest.hexdigest(),
            whole_minor=np.where(missing == 0, self._order_minor[first:], np.nan),
        )
