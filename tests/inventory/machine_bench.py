"""The ledger and the plain model side by side, for the rule machine."""

from datetime import timedelta
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
)
from sqlalchemy import Engine

from inventory import stock, stock_settings
from inventory import stock_reserve as reserving
from inventory.documents import TransferRequest
from inventory.movements import Change, FenceLine
from inventory.requests import (
    Backorder,
    Incoming,
    ReserveLine,
    ReserveRequest,
    Shelf,
    Target,
)
from tests.inventory import model_verbs as plain
from tests.inventory.compare import differences
from tests.inventory.ledger_check import faults
from tests.inventory.model import CAP, Model
from tests.inventory.shop import T0, furnish

NODES, SKUS = st.sampled_from(["N0", "N1"]), st.sampled_from(["S0", "S1"])
START = 12
UNITS = st.integers(1, 4)
CHANNELS = st.sampled_from(["web", "app"])
PICK = st.integers(0, 30)
PROMISES = st.none() | st.integers(0, 50).map(lambda hours: T0 + timedelta(hours=hours))
LIVES = st.sampled_from([None, None, 5, 15, 15, 60, 60, 300])


def names(outcomes: object) -> list[str]:
    """The kinds of outcomes."""
    return [type(outcome).__name__ for outcome in (outcomes if isinstance(outcomes, list) else [outcomes])]


class Bench(RuleBasedStateMachine):
    """The ledger in one transaction that is rolled back at the end, and the model beside it."""

    engine: ClassVar[Engine]

    def __init__(self) -> None:
        super().__init__()
        self.conn = self.engine.connect()
        self.transaction = self.conn.begin()
        furnish(self.conn, 2, 2, CAP)
        self.model, self.now, self.made = Model(), T0, 0
        self.requests: list[ReserveRequest] = []
        self.transfers: dict[str, tuple[TransferRequest, str]] = {}
        full = [(node, sku) for node in ("N0", "N1") for sku in ("S0", "S1")]
        stock.receive(self.conn, T0, [Change(*pair, START) for pair in full])
        for node, sku in full:
            self.model.enter(node, sku, START, "supplier")
        for node, sku in (full[0], full[3]):
            line = FenceLine(node, sku, "kept", frozenset({"web"}), 4)
            stock_settings.set_fences(self.conn, T0, [line])
            self.model.fence[node, sku] = 4
        for i, life in enumerate((None, None, 30)):
            lines = tuple(ReserveLine(str(j), f"S{j}", 3, Shelf(f"N{i % 2}"), T0) for j in range(2))
            self.made += 1
            expires = None if life is None else T0 + timedelta(minutes=life)
            self.reserve_all([ReserveRequest(f"g{self.made}", "web", "o", "", lines, expires)])

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.transaction.rollback()
        self.conn.close()

    # ------------------------------------------------------------- invariants

    @invariant()
    def books_balance(self) -> None:
        assert faults(self.conn) == {}
        assert differences(self.conn, self.model) == {}

    def reserve_all(self, batch: list[ReserveRequest]) -> None:
        """Reserve on both sides."""
        expected = plain.reserve(self.model, self.now, batch)
        assert names(reserving.reserve(self.conn, self.now, batch)) == expected
        self.requests += [one for one, name in zip(batch, expected, strict=True) if name == "Reserved"]

    def group_at(self, pick: int) -> str:
        """One of the latest groups, or nobody."""
        known = [id_ for id_ in self.model.groups if not id_.startswith("transfer:")]
        return known[-1 - pick % min(len(known), 5)] if known and pick != 30 else "nobody"

    def held_at(self, id_: str) -> tuple[str, str]:
        """(line, node) of shelf units of the group, if it has some."""
        held = self.model.held(group=id_, kind="shelf")
        return (held[-1].line, held[-1].node or "") if held else ("0", "N0")

    def draw_target(self, data: st.DataObject) -> Target:
        """Somewhere to hold units."""
        choices: list[Target] = [Shelf("N0"), Shelf("N0"), Shelf("N1"), Backorder()]
        choices += [Incoming(id_) for id_ in sorted(self.model.docs)[-3:]]
        return data.draw(st.sampled_from(choices))
