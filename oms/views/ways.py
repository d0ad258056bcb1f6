"""Compiled promises as they are shown, and as a quote keeps them: the same words as `oms.views.offers` and
`oms.orders.quote.packed`, written as JSON straight from the rows that were found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from oms.actors import Actor
from oms.memory.plain import Plain, as_json
from oms.refusals import Code
from oms.views.offers import node_visible
from routing.calendar import to_datetime
from routing.eligibility import REASONS
from routing.express import arrays as at
from routing.express.offer import Found
from routing.network_spec import METHODS
from routing.promise import CHEAPEST, FASTEST, FEWEST_PARCELS, CostToServe
from routing.promise_blocking import reason_of_all

COSTS = tuple(term.name for term in fields(CostToServe))
NOT_ALL = "Not all of it is there"
PAID = 3  # of them, in whole minor units; the others are felt
TAGS = tuple(
    as_json([tag for bit, tag in enumerate((CHEAPEST, FASTEST, FEWEST_PARCELS)) if tags >> bit & 1])
    for tags in range(8)
)
Row = Sequence[int]


class _Instants(dict[int, str]):
    """Seconds since 1970 as RFC 3339; few are told, again and again."""

    def __missing__(self, second: int) -> str:
        if len(self) >= 1 << 16:
            self.clear()
        told = self[second] = to_datetime(second).isoformat()
        return told


_SAID = _Instants()


class Shown:
    """One answer being written. ``lines``: id and SKU of each as JSON."""

    def __init__(
        self, found: Found, plain: Plain, actor: Actor, currency: str, lines: Sequence[tuple[str, str]]
    ) -> None:
        self.found, self.plain, self.currency, self.lines = found, plain, currency, lines
        self._actor, self._with_cost = actor, actor.sees("cost")
        self._shares: dict[tuple[int, ...], str] = {}

    def option(self, id: str, row: Row, price_minor: int) -> tuple[str, str]:
        """One option of an offer as it is shown, its cost and nodes to those who may see them; and as a quote
        keeps it.
        """
        place, ends, order_by, tags = row[at.STORE], row[at.ENDS], row[at.ORDER_BY], TAGS[row[at.TAGS]]
        opens, first, method = row[at.OPENS], row[at.FIRST], METHODS[row[at.METHOD]]
        store, slot = self.plain.names[place], self.plain.slots[row[at.SLOT_AT]]
        cost = self._cost(row) if self._with_cost else "null"
        sent = self.found.parcels[first : first + row[at.PARCELS]]
        parcels = ",".join([self._parcel(one, place) for one in sent])
        shown = (
            f'{{"option_id":"{id}","method":"{method}","window":{{"from":"{_SAID[opens]}","to":"{_SAID[ends]}"}},'
            f'"order_before":"{_SAID[order_by]}","customer_price":{{"amount_minor":{price_minor},"currency":'
            f'"{self.currency}"}},"pickup_node":{store},"slot":{slot},"cost_to_serve":{cost},"parcels":[{parcels}],'
            f'"unfilled":[],"backordered":[],"optimality_gap":0.0,"tags":{tags}}}'
        )
        kept = (
            f'["{id}","{method}",{opens}000000,{ends}000000,{order_by}000000,{price_minor},{store},{slot},{tags},'
            "[],[],[]]"
        )
        return shown, kept

    def _cost(self, row: Row) -> str:
        terms = enumerate(zip(COSTS, self.found.cost(row), strict=True))
        return as_json({name: int(minor) if place < PAID else minor for place, (name, minor) in terms})

    def _parcel(self, row: Row, store: int) -> str:
        node, ship_at, arrive_at, *units = row
        told = self._shares.get(tuple(units)) or self._shared(tuple(units))
        ids = self.plain.loaded.network.node_ids
        open_to = node == store or node_visible(ids[node], None, self._actor)
        return (
            f'{{"node":{self.plain.names[node] if open_to else "null"},"lines":[{told}],'
            f'"ship_at":"{_SAID[ship_at]}","arrive_at":"{_SAID[arrive_at]}"}}'
        )

    def _shared(self, units: tuple[int, ...]) -> str:
        """Units of each line as shown, written once: most parcels of an answer have all of it."""
        told = self._shares[units] = ",".join(
            [
                f'{{"id":{id},"sku":{sku},"quantity":{count}}}'
                for (id, sku), count in zip(self.lines, units, strict=True)
                if count
            ]
        )
        return told

    def lacking(self, methods: Sequence[str]) -> str:
        """Why methods cannot be had, each reason once; last what options left out lack that nothing else
        explains.
        """
        return ",".join(
            [
                f'{{"method":"{method}","code":"{code}","detail":{as_json(detail)},'
                f'"lines":[{",".join([self.lines[k][0] for k in ks])}]}}'
                for method, code, detail, ks in self._refusals(methods)
            ]
        )

    def _refusals(self, methods: Sequence[str]) -> Sequence[tuple[str, str, str, tuple[int, ...]]]:
        """By method, then by reason in the order of the first line that has it."""
        told: dict[tuple[str, str, str, tuple[int, ...]], None] = {}
        for method in methods:
            reasons = self.found.reasons[METHODS.index(method)]
            for reason in dict.fromkeys(reasons):
                if reason >= 0:
                    ks = tuple([k for k, other in enumerate(reasons) if other == reason])
                    told[method, REASONS[reason].value, reason_of_all(REASONS[reason]), ks] = None
        for row in self.found.options:
            if row[at.MISSING] and min(self.found.reasons[row[at.METHOD]]) < 0:
                units, reasons = self.found.unfilled(row), self.found.reasons[row[at.METHOD]]
                lacking = tuple([k for k in range(len(reasons)) if units[k]])
                if min([reasons[k] for k in lacking]) < 0:
                    told[METHODS[row[at.METHOD]], Code.INSUFFICIENT_STOCK, NOT_ALL, lacking] = None
        return list(told)
