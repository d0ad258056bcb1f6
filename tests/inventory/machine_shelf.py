"""The rules of the machine that play at a shelf: pick, put back, fall short."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from inventory import stock_pick
from inventory.requests import NodeLine, PickRequest, ShortRequest, ShortRule
from tests.inventory import model_shelf as plain
from tests.inventory.machine_bench import PICK, UNITS, Bench


class ShelfRules(Bench):
    """A picker at the shelf, with anybody's units."""

    @precondition(lambda self: self.model.groups)
    @rule(pick=PICK, units=UNITS, in_hand=st.sampled_from([True, True, False]))
    def pick(self, pick: int, units: int, in_hand: bool) -> None:
        id_ = self.group_at(pick)
        request = PickRequest(id_, (NodeLine(*self.held_at(id_), units),))
        name, marked = plain.mark(self.model, request, in_hand)
        [outcome] = (stock_pick.pick if in_hand else stock_pick.unpick)(self.conn, self.now, [request])
        assert (type(outcome).__name__, getattr(outcome, "quantity", 0)) == (name, marked)

    @precondition(lambda self: self.model.groups)
    @rule(pick=PICK, units=UNITS, how=st.sampled_from(ShortRule))
    def fall_short(self, pick: int, units: int, how: ShortRule) -> None:
        id_ = self.group_at(pick)
        request = ShortRequest(id_, (NodeLine(*self.held_at(id_), units),), how, "not_in_stock")
        waited = sum(self.model.waiting.values())
        name, short = plain.short(self.model, self.now, request)
        report = stock_pick.short(self.conn, self.now, [request])
        [outcome] = report.outcomes
        assert (type(outcome).__name__, getattr(outcome, "quantity", 0)) == (name, short)
        lost = sum(self.model.waiting.values()) - waited
        assert sum(loss.quantity for loss in report.displaced) == lost - short
