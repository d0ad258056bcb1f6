"""A group of requests ends as the same requests one by one would; it may not hurt its members."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import create_engine, text

from api.wire.ordering import placing
from api.wire.orders import OrderAsk
from oms import group_commit
from oms.actors import SYSTEM
from oms.audit import audit
from oms.bootstrap import Runtime, start
from oms.group_commit import Entry, Outcome, commit_group
from oms.orders.quote import Wanted, Whereabouts
from oms.refusals import Refused
from oms.settings import Settings
from oms.usecases.orders import place_order
from oms.usecases.promises import Basket
from oms.usecases.reservations import AtOnce, promise_and_reserve
from oms.work import Answer, RequestKey
from oms.writer import Writer
from tests.checkout.conftest import Shop, basket
from tests.coroutines import run
from tests.platform.waiting import eventually
from tests.support import HOME, Watch, furnish

MEMBERS = 24
SEEDS = range(4)
WEIGHTS = (("A1", 4), ("B2", 4), ("C3", 3), ("D4", 2), ("K1", 2))
OWN = ("order_token", "quote_id", "as_of")
Wish = Callable[[Runtime], Any]


@dataclass
class Numbered:
    """Ids counted up by prefix: the same in both worlds, whichever way they are written."""

    numbers: dict[str, Iterator[int]] = field(default_factory=dict)

    def new(self, prefix: str) -> str:
        return f"{prefix}_{next(self.numbers.setdefault(prefix, count(1))):024}"


class Kept(Writer):
    """Keeps the entries instead of writing them."""

    def __init__(self) -> None:
        super().__init__(lambda entries: [])
        self.entries: list[Entry] = []

    async def write(self, entry: Entry) -> Answer:
        self.entries.append(entry)
        return Answer(0, b"", {})


@contextmanager
def world(url: str, folder: Path) -> Iterator[Runtime]:
    """The furnished world, whose memory stays as it is."""
    runtime = start(Settings(database_url=url, data_dir=folder), clock=Watch(), ids=Numbered())
    try:
        furnish(runtime)
        runtime.feed.close()
        yield runtime
    finally:
        runtime.close()


def wishes(dice: random.Random) -> list[Wish]:
    """Orders and reservations at random: of scarce stock, with people and money, repeated, reused, in
    error.
    """
    made: list[Wish] = []
    for number in range(MEMBERS):
        draw = dice.random()
        if draw < 0.15:
            made.append(_reservation(dice, number))
        else:
            made.append(_order(dice, f"o-{number}"))
    return made


def _lines(dice: random.Random) -> list[dict[str, Any]]:
    skus = [sku for sku, weight in WEIGHTS for _ in range(weight)]
    picked = [dice.choice(skus) for _ in range(dice.randint(1, 3))]
    return [
        line | {"unit_price_minor": 1000} for line in basket(*((sku, dice.randint(1, 3)) for sku in picked))
    ]


def _order(dice: random.Random, name: str) -> Wish:
    body: dict[str, Any] = {"channel": "web", "currency": "USD", "lines": _lines(dice), "destination": HOME}
    body["method"] = dice.choice(["ship", "ship", "courier", "pickup"])
    if body["method"] == "pickup":
        body["pickup_node"] = "ST-1"
    if dice.random() < 0.4:
        body["customer"] = {"email": f"{dice.choice('abc')}@example.com", "name": dice.choice(["Ann", "Bo"])}
    if dice.random() < 0.4:
        body["payments"] = [{"method": "card", "amount_minor": dice.choice([500, 900_000])}]
    name = dice.choice([name, name, name, "first"])
    digest = bytes([dice.choice([1, 1, 2])]) * 32
    asked = placing(name, digest, OrderAsk.model_validate(body))
    return lambda runtime: place_order(runtime, SYSTEM, asked)


def _reservation(dice: random.Random, number: int) -> Wish:
    lines = tuple(Wanted(one["id"], one["sku"], one["quantity"]) for one in _lines(dice))
    where = Whereabouts("US", "10001", None, 40.7506, -73.9972)
    asked = Basket(lines, "web", ("ship", "courier"), where)
    key = RequestKey("key", f"r-{dice.choice([number, 0])}", bytes([number]))
    return lambda runtime: promise_and_reserve(runtime, SYSTEM, key, asked, AtOnce("cheapest", 900), None)


def entries_of(runtime: Runtime, made: list[Wish]) -> list[Entry]:
    """What each would hand the writer; those refused before, or decided on the locked rows, are left out."""
    kept = Kept()

    async def ask() -> None:
        for wish in made:
            before = len(kept.entries)
            try:
                await wish(replace(runtime, writer=kept))
            except Refused:
                assert len(kept.entries) == before, "what is kept refuses later"

    run(ask())
    return kept.entries


def without_repeats(entries: list[Entry]) -> list[list[Entry]]:
    """Groups as the writer makes them: no key twice in one."""
    groups: list[dict[tuple[str, str], Entry]] = []
    for entry in entries:
        fitting = next((group for group in groups if entry.name not in group), None)
        if fitting is None:
            groups.append({})
        (fitting if fitting is not None else groups[-1])[entry.name] = entry
    return [list(group.values()) for group in groups]


def said(outcome: Outcome) -> Any:
    """An outcome, but for signatures by the installation's own key, and the instant of its memory."""
    if isinstance(outcome, Refused):
        return outcome.refusal
    if not isinstance(outcome, Answer):
        return type(outcome).__name__
    document = orjson.loads(outcome.body)
    return outcome.status, {name: document[name] for name in document if name not in OWN}


TABLES = (
    'SELECT id, status, total_minor, promise, customer_id, group_id, body_digest FROM "order" ORDER BY id',
    "SELECT order_id, line_id, ordered, routed, backordered, cancelled FROM order_line ORDER BY 1, 2",
    "SELECT id, node, state, ship_at, arrive_at, cost_minor FROM fulfilment_order ORDER BY id",
    "SELECT fulfilment_order_id, line_id, parcel, quantity FROM fulfilment_line ORDER BY 1, 2, 3",
    "SELECT order_id, no, kind, amount_minor FROM payment ORDER BY 1, 2",
    "SELECT id, reference, trigger, digest, inputs, plan FROM decision ORDER BY id",
    "SELECT id, email, name, version FROM customer ORDER BY id",
    "SELECT id, customer_id, postcode, lat FROM address ORDER BY id",
    "SELECT group_id, quote - 'quote', whereabouts FROM held_quote ORDER BY 1",
    "SELECT type, subject, subject_id, actor, data FROM outbox ORDER BY id",
    "SELECT node_no, sku_no, on_hand, reserved FROM position ORDER BY 1, 2",
    "SELECT node_no, day, bucket, held FROM capacity WHERE held > 0 ORDER BY 1, 2, 3",
    "SELECT group_id, line_id, kind, node_no, sku_no, quantity, state FROM reservation ORDER BY 1, 2, 4, 6",
    "SELECT id, state, reference, digest, expires_at FROM reservation_group ORDER BY id",
    "SELECT key_id, key, digest, refused, status FROM request ORDER BY 1, 2",
)


def books(runtime: Runtime) -> list[list[Any]]:
    """Everything that was written, and the audit of it."""
    with runtime.engine.begin() as conn:
        assert not audit(conn).differences
        return [[tuple(row) for row in conn.execute(text(table))] for table in TABLES]


def alone(runtime: Runtime, entry: Entry) -> Outcome:
    """A group of one."""
    (outcome,) = commit_group(runtime, [entry])
    return outcome


def test_a_group_ends_as_its_members_would_one_by_one(
    fresh_database: Callable[[], str], tmp_path: Path
) -> None:
    kinds: Counter[str] = Counter()
    for seed in SEEDS:
        with world(fresh_database(), tmp_path) as together, world(fresh_database(), tmp_path) as apart:
            one, other = (
                without_repeats(entries_of(runtime, wishes(random.Random(seed))))
                for runtime in (together, apart)
            )
            ended = [said(outcome) for group in one for outcome in commit_group(together, group)]
            assert ended == [said(alone(apart, entry)) for group in other for entry in group], seed
            assert books(together) == books(apart), seed
        kinds.update(str(end[0]) if isinstance(end, tuple) else getattr(end, "code", end) for end in ended)
    assert kinds["201"] > 10 and kinds["LostRace"] > 5 and kinds["200"] > 0, kinds
    assert kinds["bad_amount"] > 0 and kinds["order_exists"] > 0, kinds


@contextmanager
def stalled(shop: Shop) -> Iterator[None]:
    """Nobody can take units of A1 until the block ends."""
    engine = create_engine(shop.runtime.url)
    with engine.begin() as conn:
        conn.execute(
            text("SELECT FROM position WHERE sku_no = (SELECT no FROM sku WHERE id = 'A1') FOR UPDATE")
        )
        yield
    engine.dispose()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may need long until all others have gathered."""
    monkeypatch.setattr(group_commit, "PATIENCE_MS", 9_000)


def place_together(shop: Shop, names: list[str], **more: Any) -> dict[str, Any]:
    """The first goes ahead and waits for stock; the others gather behind it. Their answers by name."""
    first, others = names[0], names[1:]
    writer = shop.runtime.writer
    with ThreadPoolExecutor(len(names)) as pool:
        with stalled(shop):
            asked = {first: pool.submit(shop.place, first, ("A1", 1), method="ship")}
            assert eventually(lambda: writer.groups > 0, 20)
            for name in others:
                asked[name] = pool.submit(shop.place, name, ("A1", 1), method="ship", **more)
            assert eventually(lambda: writer.gathered == len(others), 20)
        return {name: answer.result() for name, answer in asked.items()}


def test_who_waits_for_a_row_holds_up_no_other(shop: Shop) -> None:
    with ThreadPoolExecutor(1) as pool:
        with stalled(shop):
            waits = pool.submit(shop.place, "o-1", ("A1", 1), method="ship")
            assert eventually(lambda: shop.runtime.writer.groups > 0, 20)
            assert shop.place("o-2", ("B2", 1), method="ship").status_code == 201
            assert not waits.done()
        assert waits.result().status_code == 201


@pytest.mark.usefixtures("patient")
def test_what_gathers_is_one_transaction(shop: Shop) -> None:
    names = [f"o-{number}" for number in range(9)]
    answers = place_together(shop, names)
    assert {answer.status_code for answer in answers.values()} == {201}
    assert (shop.runtime.writer.groups, shop.runtime.writer.written) == (2, 9)
    stamps = shop.scalar("SELECT count(DISTINCT xmin::text) FROM \"order\" WHERE id <> 'o-0'")
    assert stamps == 1 and shop.scalar("SELECT sum(reserved) FROM position") == 9
    for name, answer in answers.items():
        again = shop.place(name, ("A1", 1), method="ship")
        assert (again.status_code, again.content) == (200, answer.content)


@pytest.mark.usefixtures("patient")
def test_who_loses_in_a_group_plans_again_and_nobody_is_refused_while_stock_remains(shop: Shop) -> None:
    names = [f"o-{number}" for number in range(16)]
    answers = place_together(shop, names)
    ended = Counter(answer.status_code for answer in answers.values())
    assert ended == {201: 13, 409: 3}, "ten at one node and three at another"
    assert shop.scalar("SELECT sum(reserved) FROM position") == 13


@pytest.mark.usefixtures("patient")
def test_an_order_that_cannot_be_written_takes_no_other_down(shop: Shop) -> None:
    with shop.runtime.engine.begin() as conn:
        conn.exec_driver_sql(
            "ALTER TABLE \"order\" ADD CONSTRAINT no_poison CHECK (id <> 'poison') NOT VALID"
        )
    try:
        answers = place_together(shop, ["o-0", "o-1", "poison", "o-2"])
    finally:
        with shop.runtime.engine.begin() as conn:
            conn.exec_driver_sql('ALTER TABLE "order" DROP CONSTRAINT no_poison')
    assert [answer.status_code for answer in answers.values()] == [201, 201, 500, 201]
    assert shop.scalar('SELECT array_agg(id ORDER BY id) FROM "order"') == ["o-0", "o-1", "o-2"]
    assert shop.scalar("SELECT sum(reserved) FROM position") == 3
    assert shop.place("poison", ("A1", 1), method="ship").status_code == 201
