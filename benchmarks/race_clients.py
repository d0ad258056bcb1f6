"""What the clients of `race_stock` do: each verb of the stock ledger, with random arguments."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import Connection

from inventory import (
    stock,
    stock_groups,
    stock_inbound,
    stock_reserve,
    stock_settings,
    stock_shipping,
    stock_transfers,
)
from inventory.documents import Announcement, Receipt, ReceiptLine, ShipRequest, TransferLine, TransferRequest
from inventory.movements import Change, Count, FenceLine, SafetyStock
from inventory.outcomes import Reserved, Unknown
from inventory.requests import (
    Backorder,
    CapacityLine,
    ExtendRequest,
    FirmRequest,
    Incoming,
    MoveRequest,
    MoveStep,
    PartLine,
    PostRequest,
    ReserveLine,
    ReserveRequest,
    Shelf,
    Unplaced,
    VoidRequest,
)

T0 = datetime(2026, 1, 10, 9, 0, tzinfo=UTC)
DAY = date(2026, 1, 12)


@dataclass(frozen=True, slots=True)
class Cart:
    """A group that was reserved, and where its first line was."""

    id: str
    sku: str
    home: Shelf | Incoming | Backorder


@dataclass(slots=True)
class Scene:
    """What the clients share: the ids there are, and what was made so far. Appends are atomic."""

    nodes: list[str]
    skus: list[str]
    carts: list[Cart] = field(default_factory=list)
    inbounds: list[str] = field(default_factory=list)
    transfers: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(slots=True)
class Client:
    """One client's dice and name."""

    name: str
    dice: random.Random
    scene: Scene
    made: int = 0

    def fresh(self, what: str) -> str:
        """An id nobody else uses."""
        self.made += 1
        return f"{what}-{self.name}-{self.made}"

    def node(self) -> str:
        """Some node."""
        return self.dice.choice(self.scene.nodes)

    def sku(self) -> str:
        """Some SKU."""
        return self.dice.choice(self.scene.skus)

    def units(self) -> int:
        """A few units."""
        return self.dice.randint(1, 4)

    def at(self) -> datetime:
        """Clients' clocks differ by minutes."""
        return T0 + timedelta(seconds=self.dice.randint(0, 600))


def reserve(client: Client, conn: Connection) -> list[object]:
    """A few carts, some in place of earlier ones, some against incoming stock or back-orders."""
    at, requests = client.at(), []
    for _ in range(client.dice.randint(1, 3)):
        lines = tuple(
            ReserveLine(
                str(i), client.sku(), client.units(), _target(client), T0 + timedelta(hours=client.units())
            )
            for i in range(client.dice.randint(1, 4))
        )
        capacity = (CapacityLine(client.node(), DAY, "ship", 1, 40),) if client.dice.random() < 0.3 else ()
        old = _some_group(client) if client.dice.random() < 0.2 else None
        expires = None if client.dice.random() < 0.3 else at + timedelta(minutes=client.dice.randint(1, 15))
        group = client.fresh("g")
        channel = client.dice.choice(("web", "app"))
        requests.append(ReserveRequest(group, channel, client.name, "", lines, expires, capacity, old))
    outcomes = stock_reserve.reserve(conn, at, requests)
    for request, outcome in zip(requests, outcomes, strict=True):
        if isinstance(outcome, Reserved):
            first = request.lines[0]
            client.scene.carts.append(Cart(request.group_id, first.sku, first.target))
    return [*outcomes]


def void(client: Client, conn: Connection) -> list[object]:
    """Whole groups, or a part of a line."""
    requests = [VoidRequest(group) for group in _groups(client)]
    requests += [VoidRequest(group, (PartLine("0", 1),)) for group in _groups(client)]
    return [*stock_groups.void(conn, client.at(), requests)]


def post(client: Client, conn: Connection) -> list[object]:
    """Make groups firm, then hand over what lies on shelves. A group that is committed between the two would
    be locked after those that follow it.
    """
    groups = _groups(client)
    found = stock_groups.firm(conn, client.at(), [FirmRequest(group) for group in groups])
    there = [group for group, one in zip(groups, found, strict=True) if not isinstance(one, Unknown)]
    return [*stock_groups.post(conn, client.at(), [PostRequest(group) for group in there])]


def firm(client: Client, conn: Connection) -> list[object]:
    """Orders for carts."""
    return [*stock_groups.firm(conn, client.at(), [FirmRequest(group, "order") for group in _groups(client)])]


def extend(client: Client, conn: Connection) -> list[object]:
    """More time for carts."""
    until = T0 + timedelta(minutes=20)
    return [
        *stock_groups.extend(conn, client.at(), [ExtendRequest(group, until) for group in _groups(client)])
    ]


def expire(client: Client, conn: Connection) -> list[object]:
    """What a worker does every second."""
    return [*stock_groups.expire_due(conn, client.at(), 5)]


def move(client: Client, conn: Connection) -> list[object]:
    """Another home for a unit of a line, or one for units that were displaced."""
    requests = []
    for cart in _carts(client):
        source, target = (Unplaced() if client.dice.random() < 0.3 else cart.home), _target(client)
        if source != target:
            requests.append(MoveRequest(cart.id, (MoveStep("0", cart.sku, 1, source, target),)))
    return [*stock_reserve.move(conn, client.at(), requests)]


def fact(client: Client, conn: Connection) -> list[object]:
    """Till sales, deliveries, counts, damage."""
    at = client.at()
    changes = [Change(client.node(), client.sku(), client.units(), channel="web") for _ in range(4)]
    verb = client.dice.choice(
        (stock.receive, stock.receive, stock.receive, stock.sell, stock.damage, stock.scrap)
    )
    if client.dice.random() < 0.2:
        counts = [Count(change.node, change.sku, client.dice.randint(0, 20)) for change in changes]
        return [*stock.count(conn, at, counts).outcomes]
    return [*verb(conn, at, changes).outcomes]


def setting(client: Client, conn: Connection) -> list[object]:
    """Fences and safety stock."""
    fence = FenceLine(client.node(), client.sku(), "f", frozenset({"web"}), client.dice.randint(0, 3))
    stock_settings.set_fences(conn, client.at(), [fence])
    return []


def safety(client: Client, conn: Connection) -> list[object]:
    """Safety stock."""
    lines = [SafetyStock(client.node(), client.sku(), client.dice.randint(0, 2)) for _ in range(3)]
    return [*stock_settings.set_safety_stock(conn, client.at(), lines)]


def inbound(client: Client, conn: Connection) -> list[object]:
    """Announce a delivery, or receive one in part, short or over."""
    at = client.at()
    some = _some(client, client.scene.inbounds)
    if some is None or client.dice.random() < 0.4:
        lines = tuple((sku, client.units()) for sku in client.dice.sample(client.scene.skus, 3))
        one = Announcement(client.fresh("po"), client.node(), T0 + timedelta(days=1), lines)
        outcomes = stock_inbound.announce(conn, at, [one])
        client.scene.inbounds.append(one.id)
        return [*outcomes]
    receipt = Receipt(some, (ReceiptLine(client.sku(), client.units()),), close=client.dice.random() < 0.3)
    return [*stock_inbound.receive_inbound(conn, at, [receipt]).outcomes]


def transfer(client: Client, conn: Connection) -> list[object]:
    """Plan, ship, receive or cancel a transfer; some carry a reservation."""
    at, dice = client.at(), client.dice
    some = _some(client, client.scene.transfers)
    if some is None or dice.random() < 0.4:
        sender, receiver = dice.sample(client.scene.nodes, 2)
        line = TransferLine("0", client.sku(), client.units())
        cart = next((cart for cart in _carts(client) if cart.home == Shelf(sender)), None)
        if cart is not None:
            line = TransferLine("0", cart.sku, 1, cart.id)
        one = TransferRequest(client.fresh("t"), sender, receiver, T0 + timedelta(days=1), (line,))
        outcomes = stock_transfers.plan_transfers(conn, at, [one])
        client.scene.transfers.append(one.id)
        return [*outcomes]
    if dice.random() < 0.4:
        return [*stock_shipping.ship(conn, at, [ShipRequest(some)])]
    if dice.random() < 0.2:
        return [*stock_transfers.cancel_transfers(conn, at, [some])]
    receipt = Receipt(some, (ReceiptLine(client.sku(), client.units()),), close=dice.random() < 0.4)
    return [*stock_transfers.receive_transfers(conn, at, [receipt]).outcomes]


def _target(client: Client) -> Shelf | Incoming | Backorder:
    roll = client.dice.random()
    some = _some(client, client.scene.inbounds)
    if roll < 0.15 and some is not None:
        return Incoming(some)
    return Backorder() if roll > 0.9 else Shelf(client.node())


def _some(client: Client, ids: list[str]) -> str | None:
    return client.dice.choice(ids[-40:]) if ids else None


def _carts(client: Client) -> list[Cart]:
    recent = client.scene.carts[-60:]
    return client.dice.sample(recent, min(3, len(recent)))


def _groups(client: Client) -> list[str]:
    return [cart.id for cart in _carts(client)]


def _some_group(client: Client) -> str | None:
    return next(iter(_groups(client)), None)


VERBS: tuple[tuple[int, Callable[[Client, Connection], list[object]]], ...] = (
    (8, reserve),
    (3, void),
    (3, post),
    (3, firm),
    (1, extend),
    (1, expire),
    (2, move),
    (4, fact),
    (1, setting),
    (1, safety),
    (2, inbound),
    (2, transfer),
)
