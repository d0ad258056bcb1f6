"""A quote: the promises shown for a basket, small enough to travel as a signed token.

Writing nothing down, any server process can honour it: the token carries the basket, every option's
promise and price, and when it expires.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from oms.orders.order import Promise

FORMAT = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line of a basket, as sold: a kit is one line here."""

    id: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where something goes, as far as routing must know: no name, no street."""

    country: str
    postcode: str
    city: str | None = None
    lat: float | None = None
    lon: float | None = None

    @property
    def digest(self) -> str:
        """Country and postcode, unreadable: to compare with later without keeping the place of a person."""
        return hashlib.sha256(f"{self.country}|{normal_postcode(self.postcode)}".encode()).hexdigest()

    def same_place(self, other: Whereabouts) -> bool:
        """The same country and postcode, and the same point where both name one."""
        both = None not in (self.lat, self.lon, other.lat, other.lon)
        return self.digest == other.digest and (not both or (self.lat, self.lon) == (other.lat, other.lon))


def normal_postcode(postcode: str) -> str:
    """Postcodes compared without case and blanks: ``sw1a 1aa`` is ``SW1A1AA``."""
    return "".join(postcode.split()).upper()


@dataclass(frozen=True, slots=True)
class Share:
    """Units in a parcel. ``line`` is the line as sold; ``sku`` the component where that line is a kit."""

    line: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class QuotedParcel:
    node: str
    ship_at: datetime
    arrive_at: datetime
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True)
class QuotedOption:
    """One promise: what the customer was shown (method, window, price) and the plan behind it.

    ``unfilled``: units that cannot leave yet, ``backordered``: those of them that will be sold all the same.
    An option without a window waits with all its units; any other lacks some only where a partial order was
    asked for.
    """

    id: str
    method: str
    window_from: datetime | None
    window_to: datetime | None
    order_before: datetime | None
    price_minor: int
    pickup_node: str | None
    slot: str | None
    tags: tuple[str, ...]
    parcels: tuple[QuotedParcel, ...]
    unfilled: tuple[Share, ...] = ()
    backordered: tuple[Share, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether all of it is on back-order: nobody can say when it comes."""
        return self.window_to is None

    @property
    def partial(self) -> bool:
        """Whether only an order that may be partial can have it."""
        return bool(self.unfilled) and not (self.waits and not self.lost)

    @property
    def lost(self) -> Counter[tuple[str, str]]:
        """Units that are neither sent nor back-ordered, by line and SKU."""
        return _counted(self.unfilled) - _counted(self.backordered)

    def no_less_than(self, shown: QuotedOption) -> bool:
        """Whether of no line more units stay behind, or are lost for good, than with the one shown."""
        return _counted(self.unfilled) <= _counted(shown.unfilled) and self.lost <= shown.lost

    @property
    def promise(self) -> Promise:
        """What an order from it promises."""
        return Promise(
            self.method, self.window_from, self.window_to, self.price_minor, self.pickup_node, self.slot
        )


@dataclass(frozen=True, slots=True)
class Quote:
    """``order`` and ``order_version`` bind it to a change of that order."""

    id: str
    channel: str
    currency: str
    expires_at: datetime
    lines: tuple[Wanted, ...]
    destination: Whereabouts | None
    options: tuple[QuotedOption, ...]
    order: str | None = None
    order_version: int = 0

    def option(self, option_id: str) -> QuotedOption | None:
        """The option of that id, if the quote has it."""
        return next((option for option in self.options if option.id == option_id), None)

    def only(self, option_id: str) -> Quote:
        """The same quote without the options not chosen."""
        return replace(self, options=tuple(option for option in self.options if option.id == option_id))


def packed(quote: Quote, plans: bool = True) -> list[Any]:
    """The quote as short nested lists, ready for JSON.

    Without ``plans`` it is only the promises: a token can be read by whoever holds it, and which nodes ship
    is not for everybody. An order is planned anew from the promise anyway.
    """
    where = quote.destination
    return [
        FORMAT,
        quote.id,
        quote.channel,
        quote.currency,
        microseconds(quote.expires_at),
        [[line.id, line.sku, line.quantity] for line in quote.lines],
        [where.country, where.postcode, where.city, where.lat, where.lon] if where else None,
        [_packed_option(option, option.parcels if plans else ()) for option in quote.options],
        [quote.order, quote.order_version] if quote.order else None,
    ]


def unpacked(document: Sequence[Any]) -> Quote:
    """The quote that ``packed`` wrote. Raises ValueError when the document is of another format."""
    if not document or document[0] != FORMAT:
        raise ValueError("a quote of another format")
    _, ref, channel, currency, expires, lines, where, options, order = document
    return Quote(
        id=ref,
        channel=channel,
        currency=currency,
        expires_at=_instant(expires),
        lines=tuple(Wanted(*line) for line in lines),
        destination=Whereabouts(*where) if where else None,
        options=tuple(_unpacked_option(option) for option in options),
        order=order[0] if order else None,
        order_version=order[1] if order else 0,
    )


def _packed_option(option: QuotedOption, parcels: Sequence[QuotedParcel]) -> list[Any]:
    return [
        option.id,
        option.method,
        *(at and microseconds(at) for at in (option.window_from, option.window_to, option.order_before)),
        option.price_minor,
        option.pickup_node,
        option.slot,
        list(option.tags),
        [
            [
                p.node,
                microseconds(p.ship_at),
                microseconds(p.arrive_at),
                [[s.line, s.sku, s.quantity] for s in p.shares],
            ]
            for p in parcels
        ],
        *([[s.line, s.sku, s.quantity] for s in shares] for shares in (option.unfilled, option.backordered)),
    ]


def _unpacked_option(document: Sequence[Any]) -> QuotedOption:
    ref, method, opens, closes, before, price, pickup_node, slot, tags, parcels, unfilled, *ahead = document
    return QuotedOption(
        id=ref,
        method=method,
        window_from=opens and _instant(opens),
        window_to=closes and _instant(closes),
        order_before=before and _instant(before),
        price_minor=price,
        pickup_node=pickup_node,
        slot=slot,
        tags=tuple(tags),
        parcels=tuple(
            QuotedParcel(node, _instant(ship), _instant(arrive), tuple(Share(*share) for share in shares))
            for node, ship, arrive, shares in parcels
        ),
        unfilled=tuple(Share(*share) for share in unfilled),
        backordered=tuple(Share(*share) for shares in ahead for share in shares),
    )


def _counted(shares: Sequence[Share]) -> Counter[tuple[str, str]]:
    return Counter({(share.line, share.sku): share.quantity for share in shares})


def microseconds(instant: datetime) -> int:
    """Since 1970, as packed quotes say instants."""
    return (instant - _EPOCH) // _MICROSECOND


def _instant(number: int) -> datetime:
    return _EPOCH + number * _MICROSECOND
