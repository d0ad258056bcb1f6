"""All verbs in any order, against the plain model; the invariants hold after every step."""

from datetime import date, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine

from inventory import (
    stock,
    stock_groups,
    stock_inbound,
    stock_settings,
    stock_shipping,
    stock_transfers,
)
from inventory import stock_reserve as reserving
from inventory.documents import Announcement, Receipt, ReceiptLine, ShipRequest, TransferLine, TransferRequest
from inventory.movements import Change, Count, FenceLine, SafetyStock
from inventory.places import Area
from inventory.requests import (
    CapacityLine,
    ExtendRequest,
    FirmRequest,
    MoveRequest,
    MoveStep,
    PartLine,
    PostRequest,
    ReserveLine,
    ReserveRequest,
    Shelf,
    Source,
    Unplaced,
    VoidRequest,
)
from tests.inventory import model_verbs as plain
from tests.inventory.machine_bench import CHANNELS, LIVES, NODES, PICK, PROMISES, SKUS, UNITS, names
from tests.inventory.machine_shelf import ShelfRules
from tests.inventory.model import LIMIT, Doc


class StockMachine(ShelfRules):
    """Every verb, with anything."""

    # ------------------------------------------------------------------ facts

    @rule(node=NODES, sku=SKUS, units=UNITS)
    def receive(self, node: str, sku: str, units: int) -> None:
        stock.receive(self.conn, self.now, [Change(node, sku, units), Change(node, sku, 1)])
        self.model.enter(node, sku, units + 1, "supplier")

    @rule(node=NODES, sku=SKUS, units=UNITS, channel=CHANNELS)
    def sell(self, node: str, sku: str, units: int, channel: str) -> None:
        report = stock.sell(self.conn, self.now, [Change(node, sku, units, channel=channel)])
        lost = sum(self.model.waiting.values())
        self.model.leave(node, sku, units, "customer", channel)
        self.model.shrink(self.now)
        assert sum(loss.quantity for loss in report.displaced) == sum(self.model.waiting.values()) - lost

    @rule(node=NODES, sku=SKUS, units=st.integers(0, 16))
    def count(self, node: str, sku: str, units: int) -> None:
        stock.count(self.conn, self.now, [Count(node, sku, units)])
        more = units - self.model.on_hand[node, sku]
        self.model.travel(sku, more, f"{node}:missing", f"{node}:shelf")
        self.model.on_hand[node, sku] = units
        self.model.blocked.discard((node, sku))
        self.model.shrink(self.now)

    @rule(node=NODES, sku=SKUS, units=UNITS, down=st.booleans())
    def adjust(self, node: str, sku: str, units: int, down: bool) -> None:
        stock.adjust(self.conn, self.now, [Change(node, sku, -units if down else units)])
        if down:
            self.model.leave(node, sku, units, f"{node}:missing")
        else:
            self.model.enter(node, sku, units, f"{node}:missing")
        self.model.shrink(self.now)

    @rule(node=NODES, sku=SKUS, units=UNITS, scrap=st.booleans())
    def lose(self, node: str, sku: str, units: int, scrap: bool) -> None:
        verb, place = (stock.scrap, "scrap") if scrap else (stock.damage, f"{node}:damaged")
        verb(self.conn, self.now, [Change(node, sku, units)])
        self.model.leave(node, sku, units, place)
        self.model.shrink(self.now)

    # --------------------------------------------------------------- settings

    @rule(node=NODES, sku=SKUS, fence=st.integers(0, 4), safety=st.integers(0, 2), blocked=st.booleans())
    def keep(self, node: str, sku: str, fence: int, safety: int, blocked: bool) -> None:
        line = FenceLine(node, sku, "kept", frozenset({"web"}), fence)
        stock_settings.set_fences(self.conn, self.now, [line])
        stock_settings.set_safety_stock(self.conn, self.now, [SafetyStock(node, sku, safety)])
        (stock_settings.block if blocked else stock_settings.unblock)(self.conn, self.now, [(node, sku)])
        self.model.fence[node, sku], self.model.safety[node, sku] = fence, safety
        (self.model.blocked.add if blocked else self.model.blocked.discard)((node, sku))
        if not fence:
            for part in self.model.held(node=node, sku=sku, kind="shelf"):
                part.fenced = 0

    # ----------------------------------------------------------- reservations

    @rule(data=st.data(), channel=CHANNELS, life=LIVES, size=st.sampled_from([1, 1, 2]), replace=PICK)
    def reserve(self, data: st.DataObject, channel: str, life: int | None, size: int, replace: int) -> None:
        batch: list[ReserveRequest] = []
        for _ in range(data.draw(st.integers(1, 2))):
            lines = tuple(
                ReserveLine(
                    str(i), data.draw(SKUS), data.draw(UNITS), self.draw_target(data), data.draw(PROMISES)
                )
                for i in range(size)
            )
            capacity = (
                (CapacityLine("N0", date(2026, 1, 11), "ship", 1, LIMIT),) if data.draw(st.booleans()) else ()
            )
            self.made += 1
            expires = None if life is None else self.now + timedelta(minutes=life)
            old = self.group_at(replace) if replace > 15 and not batch else None
            id_ = f"g{self.made}"
            batch.append(ReserveRequest(id_, channel, "o", "", lines, expires, capacity, old))
        self.reserve_all(batch)

    @precondition(lambda self: self.requests)
    @rule(pick=PICK, changed=st.booleans())
    def reserve_again(self, pick: int, changed: bool) -> None:
        one = self.requests[pick % len(self.requests)]
        reference = "other" if changed else one.reference
        again = ReserveRequest(
            one.group_id,
            one.channel,
            one.owner,
            reference,
            one.lines,
            one.expires_at,
            one.capacity,
            one.replaces,
        )
        [outcome] = reserving.reserve(self.conn, self.now, [again])
        assert names(outcome) == ["Conflict" if changed else "Replayed"]

    @precondition(lambda self: self.model.groups)
    @rule(pick=PICK)
    def firm(self, pick: int) -> None:
        id_ = self.group_at(pick)
        expected = plain.firm(self.model, self.now, id_)
        assert names(stock_groups.firm(self.conn, self.now, [FirmRequest(id_)])) == [expected]

    @precondition(lambda self: self.model.groups)
    @rule(pick=PICK, minutes=st.integers(1, 300))
    def extend(self, pick: int, minutes: int) -> None:
        id_, until = self.group_at(pick), self.now + timedelta(minutes=minutes)
        expected = plain.extend(self.model, self.now, id_, until)
        assert names(stock_groups.extend(self.conn, self.now, [ExtendRequest(id_, until)])) == [expected]

    @precondition(lambda self: self.model.groups)
    @rule(pick=PICK, lines=st.none() | st.tuples(st.sampled_from("01"), st.none() | UNITS, st.none() | NODES))
    def void(self, pick: int, lines: tuple[str, int | None, str | None] | None) -> None:
        request = VoidRequest(self.group_at(pick), None if lines is None else (PartLine(*lines),))
        name, units = plain.void(self.model, request)
        [outcome] = stock_groups.void(self.conn, self.now, [request])
        assert (type(outcome).__name__, getattr(outcome, "quantity", 0)) == (name, units)

    @precondition(lambda self: self.model.groups)
    @rule(pick=PICK, lines=st.none() | st.tuples(st.sampled_from("01"), st.none() | UNITS, st.none() | NODES))
    def post(self, pick: int, lines: tuple[str, int | None, str | None] | None) -> None:
        request = PostRequest(self.group_at(pick), None if lines is None else (PartLine(*lines),))
        name, units = plain.post(self.model, request)
        [outcome] = stock_groups.post(self.conn, self.now, [request])
        assert (type(outcome).__name__, getattr(outcome, "quantity", 0)) == (name, units)

    @precondition(lambda self: self.model.groups)
    @rule(pick=PICK, data=st.data(), units=st.integers(1, 3), line=st.sampled_from("01"))
    def move(self, pick: int, data: st.DataObject, units: int, line: str) -> None:
        target = self.draw_target(data)
        mine = self.model.held(group=self.group_at(pick), line=line)
        sku = mine[0].sku if mine else data.draw(SKUS)
        source: Source = Unplaced() if units == 3 else self.draw_target(data)
        if mine and mine[0].kind == "shelf" and units == 1:
            source = Shelf(mine[0].node or "")
        if source != target:
            request = MoveRequest(self.group_at(pick), (MoveStep(line, sku, units, source, target),))
            expected = plain.move(self.model, self.now, request)
            assert names(reserving.move(self.conn, self.now, [request])) == [expected]

    @rule(minutes=st.sampled_from([1, 10, 100]), sweep=st.booleans())
    def time_passes(self, minutes: int, sweep: bool) -> None:
        self.now += timedelta(minutes=minutes)
        if sweep:
            due = plain.expire(self.model, self.now)
            assert {one.group_id for one in stock_groups.expire_due(self.conn, self.now)} == due

    # --------------------------------------------------------------- on the way

    @rule(node=NODES, lines=st.dictionaries(SKUS, UNITS, min_size=1))
    def announce(self, node: str, lines: dict[str, int]) -> None:
        id_ = f"po{len(self.model.docs)}"
        one = Announcement(id_, node, self.now, tuple(lines.items()))
        assert names(stock_inbound.announce(self.conn, self.now, [one])) == ["Done"]
        assert names(stock_inbound.announce(self.conn, self.now, [one])) == ["Replayed"]
        announced = {sku: [units, 0] for sku, units in lines.items()}
        self.model.docs[id_] = Doc(node, f"inbound:{id_}", "supplier", "supplier", announced)
        for sku, units in lines.items():
            self.model.travel(sku, units, "supplier", f"inbound:{id_}")

    @precondition(lambda self: self.model.docs)
    @rule(
        pick=PICK,
        sku=SKUS,
        units=UNITS,
        close=st.booleans(),
        area=st.sampled_from([Area.SHELF, Area.DAMAGED]),
    )
    def arrive(self, pick: int, sku: str, units: int, close: bool, area: Area) -> None:
        documents = sorted(self.model.docs)
        id_ = documents[pick % len(documents)] if documents else "po"
        receipt = Receipt(id_, (ReceiptLine(sku, units, area),), close)
        expected = plain.receive(self.model, self.now, receipt)
        transfer = id_.removeprefix("transfer:")
        if transfer == id_:
            report = stock_inbound.receive_inbound(self.conn, self.now, [receipt])
        else:
            other = Receipt(transfer, receipt.lines, close)
            report = stock_transfers.receive_transfers(self.conn, self.now, [other])
        assert names(report.outcomes) == [expected]

    @rule(nodes=st.permutations(["N0", "N1"]), sku=SKUS, units=UNITS, pick=PICK)
    def plan_transfer(self, nodes: list[str], sku: str, units: int, pick: int) -> None:
        lines = [TransferLine("own", sku, units)]
        carried = self.model.held(group=self.group_at(pick), kind="shelf", node=nodes[0])
        if carried:
            one = carried[0]
            lines.append(TransferLine(one.line, one.sku, one.quantity, one.group))
        id_ = f"t{len(self.transfers)}"
        request = TransferRequest(id_, nodes[0], nodes[1], self.now + timedelta(days=1), tuple(lines))
        reservation = ReserveRequest(
            f"transfer:{id_}",
            "transfer",
            "transfer",
            id_,
            (ReserveLine("own", sku, units, Shelf(nodes[0]), request.eta),),
        )
        [expected] = plain.reserve(self.model, self.now, [reservation])
        planned = stock_transfers.plan_transfers(self.conn, self.now, [request])
        assert names(planned) == ["Done" if expected == "Reserved" else "Insufficient"]
        self.transfers[id_] = request, "planned" if expected == "Reserved" else "refused"

    @precondition(lambda self: any(state == "planned" for _, state in self.transfers.values()))
    @rule(cancel=st.booleans())
    def ship_transfer(self, cancel: bool) -> None:
        request = next(request for request, state in self.transfers.values() if state == "planned")
        if cancel:
            stock_transfers.cancel_transfers(self.conn, self.now, [request.id])
            self.model.give_up(f"transfer:{request.id}", "voided")
        else:
            outcomes = stock_shipping.ship(self.conn, self.now, [ShipRequest(request.id)])
            assert names(outcomes) == ["Shipped"]
            plain.ship(self.model, request)
        self.transfers[request.id] = request, "over"


def test_the_ledger_does_what_the_model_does(engine: Engine) -> None:
    class Bound(StockMachine):
        pass

    Bound.engine = engine
    run_state_machine_as_test(
        Bound,
        settings=settings(
            max_examples=30,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
