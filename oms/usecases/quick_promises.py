"""The checkout's promises: by the compiled way where the basket is plain, else by the one that can do all.

Both say the same (`tests/checkout/test_quick_promises.py`); this one builds nothing but what is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from inventory.pool import PoolView
from oms import translate
from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.memory.ground import Question, room_of
from oms.orders.quote import packed_ways
from oms.translate import Parts
from oms.usecases import promises
from oms.usecases.promises import QUOTE, QUOTE_LIFE, Basket
from oms.views.ways import lacking_shown, way_shown
from routing.express.offer import Way, Ways, offer
from routing.promise import Basket as Routed
from routing.promise import Stock


def promise(runtime: Runtime, actor: Actor, basket: Basket) -> dict[str, Any]:
    """Options for a basket, out of memory; nothing is written. Raises Refused."""
    asked = promises.question_of(runtime, actor, basket)
    found = None if basket.partial or basket.pickup_node else _quick(runtime, actor, basket, asked)
    return promises.promise(runtime, actor, basket) if found is None else found


def _quick(runtime: Runtime, actor: Actor, basket: Basket, asked: Question) -> dict[str, Any] | None:
    """The answer, or None where the basket is not plain."""
    pool, at = runtime.pool, runtime.clock.now()
    catalogue = pool.catalogue
    parts = translate.exploded(catalogue, asked.wanted)
    if any(part.kit is not None for part in parts):
        return None
    names = [part.sku for part in parts]
    if any(pool.incoming(names)):
        return None
    loaded = runtime.networks.current
    routed = translate.basket(
        catalogue, parts, asked.wanted, asked.channel, loaded.network.currency, asked.destination, None
    )
    view = pool.view(names, asked.channel)
    nodes = runtime.networks.aligned(loaded.network, catalogue.order)
    ways = offer(
        loaded.network,
        routed,
        Stock(nodes.gathered(view.available)),
        pool.capacity_free(),
        loaded.policy,
        at,
        basket.methods,
        nodes.gathered(pool.breadth.of(len(nodes.order))),
    )
    if ways is None or _could_wait(runtime, basket, parts, ways, at):
        return None
    return _document(runtime, actor, asked, routed, view, ways, at)


def _could_wait(runtime: Runtime, basket: Basket, parts: Parts, ways: Ways, at: datetime) -> bool:
    """Whether some method that has no option may offer to wait for stock."""
    if {way.method for way in ways.options if not way.missing} == set(basket.methods):
        return False
    skus, today = runtime.pool.catalogue.skus, at.date()
    return all(part.quantity <= room_of(skus[part.sku], today) for part in parts)


def _document(
    runtime: Runtime,
    actor: Actor,
    asked: Question,
    routed: Routed,
    view: PoolView,
    ways: Ways,
    at: datetime,
) -> dict[str, Any]:
    lines = [(line.id, line.sku) for line in asked.wanted]
    whole = [(f"{way.method}-{number}", way) for number, way in enumerate(_whole(ways), 1)]
    expires_at = at + QUOTE_LIFE
    quote = packed_ways(runtime.ids.new("quo"), asked, routed.currency, expires_at, whole)
    return {
        "quote_id": runtime.signer.sign(QUOTE, quote),
        "expires_at": expires_at,
        "as_of": view.as_of,
        "options": [way_shown(id, way, lines, routed.currency, actor) for id, way in whole],
        "unavailable": lacking_shown(ways, lines),
    }


def _whole(ways: Ways) -> Sequence[Way]:
    return [way for way in ways.options if not way.missing]
