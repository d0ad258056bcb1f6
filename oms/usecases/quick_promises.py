"""The checkout's promises of plain baskets, out of memory by the compiled way, written as they are sent.

What is not plain, or refused, is left to `oms.usecases.promises`, which says the same of a plain basket
(`tests/checkout/test_quick_promises.py`); this one builds nothing but what is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import numpy as np

from inventory.pool import State
from inventory.sku import Sku
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.memory.ground import located, room_of
from oms.memory.plain import Plain, as_json
from oms.orders.quote import FORMAT, Whereabouts, microseconds
from oms.translate import Ordered
from oms.usecases.promises import QUOTE, QUOTE_LIFE
from oms.views.ways import Shown
from routing.calendar import DAY_S
from routing.express import arrays as at
from routing.express.offer import NO_WORTH, Found, Line, Place, footing, offer
from routing.network_spec import METHODS
from routing.price import price_minor
from routing.problem import Floats


class Question(Protocol):
    """A basket as asked, where it may be plain: whole orders, to no certain store."""

    @property
    def lines(self) -> Sequence[Ordered]: ...
    @property
    def channel(self) -> str: ...


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """A plain basket with what it is answered from."""

    asked: Question
    skus: Sequence[Sku]
    to: Whereabouts
    plain: Plain
    moment: datetime
    now: int


def promise(
    runtime: Runtime, actor: Actor, asked: Question, where: Whereabouts | None, methods: tuple[str, ...]
) -> bytes | None:
    """Options for a basket as JSON, out of memory; None where it is not plain, or would be refused."""
    state = runtime.pool.state
    skus = _plain_skus(state, asked.lines)
    if skus is None or not actor.may_channel(asked.channel) or len(set(methods)) < len(methods):
        return None
    to = where if where is None or where.lat is not None else located(runtime, where)
    if to is None:
        return None
    plain = runtime.networks.plain(state.catalogue.order)
    plain.turn_to(state, runtime.pool.breadth)
    moment = runtime.clock.now()
    case = _Case(asked, skus, to, plain, moment, int(moment.timestamp() // 1))
    found = _found(runtime, state, case, methods, _worth(runtime, state, plain, skus, moment))
    if found is None or _could_wait(found, case, methods):
        return None
    return _document(runtime, actor, case, found, methods)


def _found(
    runtime: Runtime, state: State, case: _Case, methods: tuple[str, ...], worth: Floats
) -> Found | None:
    loaded, to, now = case.plain.loaded, case.to, case.now
    stand = footing(loaded.network, loaded.policy, state.capacity, to.country, now)
    rows = _rows(state, case)
    if stand is None or rows is None or to.lat is None or to.lon is None:
        return None
    place = Place(to.country, to.postcode, to.lat, to.lon)
    days = _days(runtime, state, case, stand.first)
    return offer(stand, place, rows, case.plain.shelf, case.plain.breadth, now, methods, worth, days)


def _plain_skus(state: State, lines: Sequence[Ordered]) -> list[Sku] | None:
    """The SKU of each line, if all are plain ones, for sale, on the shelf or nowhere, and named once."""
    find, incoming = state.catalogue.skus.get, state.incoming
    skus: list[Sku] = []
    ids, names = set(), set()
    for line in lines:
        sku: Sku | None = find(line.sku)
        if sku is None or not sku.active or sku.kit is not None or sku.flags or sku.no in incoming:
            return None
        skus.append(sku)
        ids.add(line.id)
        names.add(line.sku)
    return skus if len(ids) == len(names) == len(skus) else None


def _worth(runtime: Runtime, state: State, plain: Plain, skus: Sequence[Sku], now: datetime) -> Floats:
    """[L, N] what units of these are worth to later orders; no rows where that is not felt."""
    if plain.loaded.policy.lookahead_weight <= 0 or not runtime.bid_prices.books:
        return NO_WORTH
    worth = runtime.bid_prices.bids(state.catalogue, [sku.no for sku in skus], now)
    return NO_WORTH if worth is None else np.ascontiguousarray(plain.nodes.gathered(worth))


def _days(runtime: Runtime, state: State, case: _Case, first: date) -> Floats:
    """[N, D] what room on nodes' days is felt to be worth; no rows where that is not felt."""
    plain = case.plain
    if plain.loaded.policy.lookahead_weight <= 0 or not runtime.bid_prices.books:
        return NO_WORTH
    found = runtime.bid_prices.days(state.catalogue, plain.nodes, plain.loaded, first, case.moment)
    return NO_WORTH if found is None else found.minor


def _rows(state: State, case: _Case) -> list[Line] | None:
    """What routing reads of each line; None where fences take some of the stock."""
    rows, goods = [], case.plain.loaded.network.goods
    for line, sku in zip(case.asked.lines, case.skus, strict=True):
        run = state.rows.run(sku.no)
        if run is None:
            return None
        volume_mm3 = sku.length_mm * sku.width_mm * sku.height_mm
        # of plain ones, which have no flags, the category alone says which goods they are
        rows.append(Line(line.quantity, sku.weight_g, volume_mm3, 0, *run, goods.get(sku.category, 0)))
    return rows


def _could_wait(found: Found, case: _Case, methods: tuple[str, ...]) -> bool:
    """Whether some method that has no option may offer to wait for stock."""
    if len({row[at.METHOD] for row in found.options if not row[at.MISSING]}) == len(methods):
        return False
    today, pairs = case.moment.date(), zip(case.asked.lines, case.skus, strict=True)
    return all(line.quantity <= room_of(sku, today) for line, sku in pairs)


def _document(runtime: Runtime, actor: Actor, case: _Case, found: Found, methods: tuple[str, ...]) -> bytes:
    """All of it as JSON."""
    plain, lines = case.plain, [(as_json(line.id), as_json(line.sku)) for line in case.asked.lines]
    shown = Shown(found, plain, actor, plain.loaded.network.currency, lines)
    rows = [row for row in found.options if not row[at.MISSING]]
    ways = [
        shown.option(f"{METHODS[row[at.METHOD]]}-{number}", row, paid_minor)
        for number, (row, paid_minor) in enumerate(zip(rows, _Prices(case).minor(rows), strict=True), 1)
    ]
    options, kept = ",".join([told for told, _ in ways]), ",".join([kept for _, kept in ways])
    expires_at = case.moment + QUOTE_LIFE
    quote = _quote(runtime.ids.new("quo"), case, shown, expires_at, kept)
    return (
        f'{{"quote_id":"{runtime.signer.sign_json(QUOTE, quote)}","expires_at":"{expires_at.isoformat()}",'
        f'"as_of":"{plain.as_of}","options":[{options}],"unavailable":[{shown.lacking(methods)}]}}'
    ).encode()


def _quote(id: str, case: _Case, shown: Shown, expires_at: datetime, kept: str) -> bytes:
    """As ``oms.orders.quote.packed`` without plans."""
    to = case.to
    wanted = ",".join(
        [
            f"[{id},{sku},{line.quantity}]"
            for (id, sku), line in zip(shown.lines, case.asked.lines, strict=True)
        ]
    )
    where = as_json([to.country, to.postcode, to.city, to.lat, to.lon])
    return (
        f'[{FORMAT},"{id}",{as_json(case.asked.channel)},"{shown.currency}",{microseconds(expires_at)},'
        f"[{wanted}],{where},[{kept}],null]"
    ).encode()


class _Prices:
    """What the customer pays, each case asked once."""

    def __init__(self, case: _Case) -> None:
        pairs = list(zip(case.asked.lines, case.skus, strict=True))
        self._case = case
        self._goods_minor = sum([sku.unit_price_minor * line.quantity for line, sku in pairs])
        self._weight_g = sum([sku.weight_g * line.quantity for line, sku in pairs])

    def minor(self, options: Sequence[Sequence[int]]) -> list[int]:
        """Minor units for each option."""
        now = self._case.now
        if not self._case.plain.prices.differ:
            keys = [(row[at.METHOD], -1, 0) for row in options]  # any place of the country pays the same
        else:
            keys = [
                (row[at.METHOD], row[at.STORE], max(-(-(row[at.ENDS] - now) // DAY_S), 0)) for row in options
            ]
        known = {key: self._asked(*key) for key in set(keys)}
        return [known[key] for key in keys]

    def _asked(self, method: int, store: int, days: int) -> int:
        plain, channel = self._case.plain, self._case.asked.channel
        to = self._case.to if store < 0 else plain.loaded.network.spec.nodes[store]
        rules = plain.prices.of(METHODS[method], channel, to.country, to.postcode)
        return price_minor(rules, self._goods_minor, self._weight_g, days)
