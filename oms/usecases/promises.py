"""What a customer can be promised for a basket: options with a quote that any process can honour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from oms import translate
from oms.actors import Actor
from oms.adapters.signer import BadToken
from oms.bootstrap import Runtime
from oms.memory.ground import Ground, Question, from_memory, located
from oms.orders.placing import duplicate_faults
from oms.orders.quote import Quote, QuotedOption, Wanted, Whereabouts, packed, unpacked
from oms.refusals import Code, Fault, Refused, refuse
from oms.steps.backorders import all_backordered, with_limits
from oms.steps.holding import on_backorder
from oms.steps.settling import Chosen
from oms.views.offers import option_shown, unavailable_shown
from routing.promise import CHEAPEST, Offer, Option, Promised, Unavailable, best, keep, offer

QUOTE = "quote"
QUOTE_LIFE = timedelta(minutes=30)
CODES = {
    "insufficient_stock": Code.INSUFFICIENT_STOCK,
    "node_capacity_exhausted": Code.NODE_CAPACITY_EXHAUSTED,
}


@dataclass(frozen=True, slots=True)
class Basket:
    """A basket as asked. ``partial``: options that leave units unfilled are shown too."""

    wanted: tuple[Wanted, ...]
    channel: str
    methods: tuple[str, ...]
    destination: Whereabouts | None = None
    pickup_node: str | None = None
    partial: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Offered:
    """Options as quoted and as routed, side by side; those that only wait come last."""

    quote: Quote
    options: tuple[tuple[QuotedOption, Option], ...]
    unavailable: tuple[Unavailable, ...]
    ground: Ground

    def tagged(self, tag: str) -> tuple[QuotedOption, Option] | None:
        """The best option with this tag over all methods; where all only wait, the one of the least price."""
        chosen = best((option for _, option in self.options), tag)
        waiting = [pair for pair in self.options if pair[0].waits]
        least = min(waiting, key=lambda pair: pair[0].price_minor, default=None)
        return next((pair for pair in self.options if pair[1] is chosen), least)


def question_of(runtime: Runtime, actor: Actor, basket: Basket, own_group: str | None = None) -> Question:
    """The basket checked and located. Raises Refused: forbidden, duplicate_line, unknown_node,
    bad_destination, unlocatable_destination.
    """
    actor.require_channel(basket.channel)
    faults = list(duplicate_faults(basket.wanted))
    if faults:
        raise refuse(Code.DUPLICATE_LINE, "Every line has an id of its own", *faults)
    known = runtime.networks.current.network.index
    if basket.pickup_node is not None and basket.pickup_node not in known:
        fault = Fault("/pickup_node", Code.UNKNOWN_NODE, "No such node")
        raise refuse(Code.UNKNOWN_NODE, "There is no such node to collect at", fault)
    if basket.destination is None and (basket.pickup_node is None or basket.methods != ("pickup",)):
        fault = Fault("/destination", Code.BAD_DESTINATION, "Say where it goes, or collect at a pickup_node")
        raise refuse(Code.BAD_DESTINATION, "Without a destination there is only pickup at a node", fault)
    where = located(runtime, basket.destination)
    return Question(basket.wanted, basket.channel, where, basket.pickup_node, own_group)


def offered(
    runtime: Runtime,
    ground: Ground,
    basket: Basket,
    order: tuple[str, int] | None = None,
    cheapest_only: bool = False,
) -> Offered:
    """The options on this ground, quoted; a method that has none may offer to wait for stock.

    ``order`` binds the quote to a change of that version of it.
    """
    found = offer(
        ground.network,
        ground.basket,
        ground.stock,
        ground.capacity,
        ground.policy,
        ground.at,
        basket.methods,
        ground.prices,
        cheapest_only=cheapest_only,
    )
    kept = [option for option in found.options if basket.partial or not option.unfilled]
    lacking = _lacking(found, kept)
    waiting = [
        option
        for method in basket.methods
        if all(option.method != method for option in kept)
        and (option := all_backordered(ground, method, basket.partial)) is not None
    ]
    options = tuple(
        (_quoted(number, option, ground), option) for number, option in enumerate(kept + waiting, 1)
    )
    question = ground.question
    quote = Quote(
        id=runtime.ids.new("quo"),
        channel=question.channel,
        currency=ground.network.currency,
        expires_at=ground.at + QUOTE_LIFE,
        lines=question.wanted,
        destination=question.destination,
        options=tuple(quoted for quoted, _ in options),
        order=order[0] if order else None,
        order_version=order[1] if order else 0,
    )
    return Offered(quote, options, found.unavailable + lacking, ground)


def _lacking(found: Offer, kept: Sequence[Option]) -> tuple[Unavailable, ...]:
    """What the options left out lack, where nothing else says so of the same lines."""
    explained = {(no.method, line) for no in found.unavailable for line in no.lines}
    return tuple(
        Unavailable(o.method, Code.INSUFFICIENT_STOCK, "Not all of it is there", _lines_of(o))
        for o in found.options
        if o not in kept and not explained.issuperset((o.method, line) for line in _lines_of(o))
    )


def _quoted(number: int, option: Option, ground: Ground) -> QuotedOption:
    ahead = on_backorder(ground, option)
    return translate.quoted(f"{option.method}-{number}", option, ground.parts, ahead)


def document(runtime: Runtime, actor: Actor, found: Offered) -> dict[str, Any]:
    """The answer to a customer, with the quote as a token."""
    return {
        "quote_id": runtime.signer.sign(QUOTE, packed(found.quote, plans=False)),
        "expires_at": found.quote.expires_at,
        "as_of": found.ground.as_of,
        "options": [option_shown(q, o, found.quote.currency, actor) for q, o in found.options],
        "unavailable": unavailable_shown(found.unavailable, sold_lines(found.ground)),
    }


def promise(runtime: Runtime, actor: Actor, basket: Basket, own_group: str | None = None) -> dict[str, Any]:
    """Options for a basket, out of memory; nothing is written. Raises Refused."""
    ground = from_memory(runtime, question_of(runtime, actor, basket, own_group))
    return document(runtime, actor, offered(runtime, ground, basket))


def read_quote(runtime: Runtime, token: str) -> Quote:
    """The quote behind a token. Raises Refused unknown_quote."""
    try:
        return unpacked(runtime.signer.read(QUOTE, token))
    except (BadToken, ValueError, TypeError) as error:
        fault = Fault("/quote_id", Code.UNKNOWN_QUOTE, "Not a quote of ours")
        raise refuse(Code.UNKNOWN_QUOTE, "The quote cannot be read", fault) from error


def option_of(quote: Quote, option_id: str) -> QuotedOption:
    """The option chosen. Raises Refused unknown_option."""
    found = quote.option(option_id)
    if found is None:
        fault = Fault("/option_id", Code.UNKNOWN_OPTION, "The quote has no such option")
        raise refuse(Code.UNKNOWN_OPTION, "The quote has no such option", fault)
    return found


def kept(runtime: Runtime, actor: Actor, ground: Ground, quote: Quote, shown: QuotedOption) -> Chosen:
    """The promise shown, kept on this ground: method, window and price hold, nodes may differ; where no
    window could be told and stock has come, there is one now.

    Raises Refused with fresh options: quote_expired, or why it can no longer be kept.
    """
    fresh = Basket(
        quote.lines,
        quote.channel,
        (shown.method,),
        quote.destination,
        shown.pickup_node,
        shown.partial,
    )
    if ground.at >= quote.expires_at:
        raise with_fresh_options(
            runtime,
            actor,
            ground,
            fresh,
            refuse(Code.QUOTE_EXPIRED, "The quote has run out; here is a new one"),
        )
    if shown.waits:
        option = _kept_waiting(runtime, ground, fresh, shown)
    elif shown.unfilled:
        option = _kept_partly(runtime, ground, fresh, shown)
    else:
        option = _kept_whole(ground, shown)
    if isinstance(option, Unavailable):
        no = cannot(option, ground)
        no = with_limits(runtime.pool.catalogue, ground, no) if shown.waits else no
        raise with_fresh_options(runtime, actor, ground, fresh, no)
    told = _quoted(1, option, ground) if shown.waits else shown
    return Chosen(option, replace(told.promise, price_minor=shown.price_minor), ground)


def _kept_whole(ground: Ground, shown: QuotedOption) -> Option | Unavailable:
    assert shown.window_to is not None, "what only waits is kept otherwise"
    promised = Promised(shown.method, shown.window_to, shown.slot, shown.pickup_node)
    return keep(
        ground.network,
        ground.basket,
        ground.stock,
        ground.capacity,
        ground.policy,
        ground.at,
        promised,
        ground.prices,
    )


def _kept_partly(
    runtime: Runtime, ground: Ground, basket: Basket, shown: QuotedOption
) -> Option | Unavailable:
    """A partial promise: the same way, no later, and no line lacks more than the customer was shown."""
    assert shown.window_to is not None, "what only waits is kept otherwise"
    for quoted, option in offered(runtime, ground, basket).options:
        same = (quoted.slot, quoted.pickup_node) == (shown.slot, shown.pickup_node)
        if same and not quoted.waits and option.window_to <= shown.window_to and quoted.no_less_than(shown):
            return option
    lines = tuple(share.line for share in shown.unfilled)
    return Unavailable(shown.method, Code.INSUFFICIENT_STOCK, "Less is there than when it was quoted", lines)


def _kept_waiting(
    runtime: Runtime, ground: Ground, basket: Basket, shown: QuotedOption
) -> Option | Unavailable:
    """What waits: sent at once where stock has come for it, else on back-order, no more of it lost."""
    ground = replace(ground, basket=replace(ground.basket, pickup_node=shown.pickup_node))
    now = offered(runtime, ground, basket, cheapest_only=True).tagged(CHEAPEST)
    if now is not None and now[0].no_less_than(shown):
        return now[1]
    option = all_backordered(ground, shown.method, basket.partial, promised=True)
    if option is not None and _quoted(1, option, ground).no_less_than(shown):
        return option
    lines = tuple(part.id for part in ground.parts)
    return Unavailable(
        shown.method, Code.INSUFFICIENT_STOCK, "Less can be back-ordered than was quoted", lines
    )


def cannot(why: Unavailable, ground: Ground) -> Refused:
    """A method that cannot be had, as a refusal that names the binding constraint per line."""
    sold = sold_lines(ground)
    lines = {sold.get(line, line) for line in why.lines}
    places = [place for place, line in enumerate(ground.question.wanted) if line.id in lines]
    faults = [Fault(f"/lines/{place}", why.code, why.detail) for place in places]
    return refuse(CODES.get(why.code, Code.NO_FEASIBLE_PLAN), why.detail, *faults)


def sold_lines(ground: Ground) -> dict[str, str]:
    """Picked line → line as sold."""
    return {part.id: part.line_id for part in ground.parts}


def with_fresh_options(
    runtime: Runtime, actor: Actor, ground: Ground, basket: Basket, refused: Refused
) -> Refused:
    """The same refusal, carrying what could be promised instead."""
    methods = ("ship", "pickup", "courier") if basket.destination is not None else ("pickup",)
    return refreshed(
        refused, document(runtime, actor, offered(runtime, ground, replace(basket, methods=methods)))
    )


def refreshed(refused: Refused, instead: Mapping[str, Any]) -> Refused:
    """The same refusal with these options as fresh ones."""
    return Refused(replace(refused.refusal, extra={**refused.refusal.extra, "fresh": _texts(instead)}))


def _texts(value: Any) -> Any:
    """Instants as text: a refusal is kept as JSON and given again."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _texts(member) for name, member in value.items()}
    return [_texts(member) for member in value] if isinstance(value, list) else value


def _lines_of(option: Option) -> tuple[str, ...]:
    return tuple(one.line for one in option.unfilled)
