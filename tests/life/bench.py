"""One world for the rule machine, what is seen of it, and the invariants after every step."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from fastapi.testclient import TestClient
from httpx import Response
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition
from sqlalchemy import Engine, text

from oms.actors import Role
from oms.refusals import Code
from tests.checkout.conftest import Shop, furnished
from tests.conftest import empty_all_tables
from tests.life.ledger import check, replay
from tests.support import NODES, stock_up

F = TypeVar("F", bound=Callable[..., None])
PICK = st.integers(0, 9)
NODE = st.sampled_from([spec.id for spec in NODES])
SKU = st.sampled_from(["A1", "B2", "C3", "D4"])
FEW = st.integers(1, 3)
NEVER = frozenset({Code.MALFORMED, Code.INTERNAL, Code.FORBIDDEN, Code.UNAUTHORISED, Code.UNAVAILABLE})
"""Refusals that no step of the machine may meet: it speaks correctly, with the right keys."""


REPEATED = 7
"""One of so many requests is sent twice."""
SEEN = text(
    """
    SELECT 'order' AS state FROM "order" UNION SELECT 'job ' || state FROM fulfilment_order
    UNION SELECT 'list ' || state FROM pick_list
    UNION SELECT 'task ' || t.state FROM pick_task t JOIN pick_list l ON l.id = t.pick_list_id
        WHERE l.state = 'claimed'
    UNION SELECT 'put_back' FROM fulfilment_line WHERE put_back > 0
    UNION SELECT 'shipment ' || s.state FROM shipment s
        JOIN fulfilment_order f ON f.id = s.fulfilment_order_id WHERE f.method = 'ship'
    UNION SELECT 'transfer' FROM fulfilment_order WHERE to_node IS NOT NULL AND state = 'handed_over'
    UNION SELECT 'pickup ' || state FROM pickup UNION SELECT 'run ' || state FROM courier_run
    UNION SELECT 'stop ' || state FROM courier_stop UNION SELECT 'return ' || state FROM return
    UNION SELECT 'to inspect' FROM courier_stop_line WHERE back > inspected
    UNION SELECT 'parcel to inspect' FROM shipment s JOIN shipment_line l ON l.shipment_id = s.id
        WHERE s.return_node IS NOT NULL AND l.inspected < l.quantity
    UNION SELECT 'refund ' || state FROM refund
    UNION SELECT 'delivered' FROM order_line WHERE delivered > returned"""
)
"""What there is in the world, in words that rules may need."""


def needs(*things: str) -> Callable[[F], F]:
    """The rule makes sense only where one of these is there."""
    return precondition(lambda self: bool(self.seen & set(things)))


def _told(answer: Response) -> Any:
    """The document, but for the number of the request."""
    document = answer.json()
    return (
        {k: v for k, v in document.items() if k != "request_id"} if isinstance(document, dict) else document
    )


class Numbered:
    """Ids that are the same in every run, so that an example can be repeated."""

    def __init__(self) -> None:
        self._next = count(100_000)

    def new(self, prefix: str) -> str:
        return f"{prefix}_{next(self._next)}"


class Bench(RuleBasedStateMachine):
    """Everything happens over HTTP; the database is only looked at."""

    engine: ClassVar[Engine]
    url: ClassVar[str]
    said: ClassVar[Counter[str]] = Counter()
    """How often each thing was answered how, over all examples."""

    def __init__(self) -> None:
        super().__init__()
        with self.engine.begin() as conn:
            empty_all_tables(conn)
        self.stack = ExitStack()
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.shop: Shop = self.stack.enter_context(furnished(self.url, Path(folder), Numbered()))
        stock_up(
            self.shop.runtime, ("ST-1", "A1", 5), ("ST-1", "B2", 6), ("ST-2", "A1", 2), ("ST-2", "B2", 3)
        )
        allow = self.shop.admin.put("/v1/skus/A1/substitutes", json={"substitutes": ["B2", "C3"]})
        assert allow.status_code == 200, allow.text
        self.office = self.shop.client(Role.BACKOFFICE)
        self.floor = self.shop.client(Role.STAFF)
        self.driver = self.shop.client(Role.COURIER)
        self.courier = self.driver.headers["Authorization"].split()[1].partition(".")[0]
        self.made = 0
        self.seen: set[str] = set()

    def teardown(self) -> None:
        """At the end a consumer that has only the events knows all orders."""
        try:
            replay(self.shop)
        finally:
            self.stack.close()

    @invariant()
    def the_books_agree(self) -> None:
        with self.shop.runtime.engine.begin() as conn:
            check(conn)
            self.seen = {row.state for row in conn.execute(SEEN)}

    # ---------------------------------------------------------------- words

    def fresh(self, kind: str) -> str:
        self.made += 1
        return f"{kind}{self.made}"

    def post(self, path: str, body: Any = None, client: TestClient | None = None) -> Response:
        """It is done, or refused by a name that may be; never broken."""
        self.shop.runtime.feed.look()  # so that memory never depends on when a thread looked
        client = client or self.office
        key = self.fresh("once-")
        answer = self.heard("POST", path, self.shop.post(path, body, client, key))
        if self.made % REPEATED == 0:
            self._has_one_effect(path, body, client, key, answer)
        return answer

    def _has_one_effect(self, path: str, body: Any, client: TestClient, key: str, first: Response) -> None:
        """The same request with the same key: the same answer, and nothing happens."""
        events = self.rows("SELECT count(*) FROM outbox")
        again = self.shop.post(path, body, client, key)
        assert (again.status_code, _told(again)) == (first.status_code, _told(first)), path
        assert self.rows("SELECT count(*) FROM outbox") == events, path

    def heard(self, method: str, path: str, answer: Response) -> Response:
        code = "done" if answer.status_code < 300 else answer.json().get("code", "?")
        shape = "/".join("*" if any(c.isdigit() for c in part[1:]) else part for part in path.split("/")[2:])
        self.said[f"{method} {shape} {code}"] += 1
        assert answer.status_code < 500, (method, path, answer.text)
        assert code not in NEVER and code != "?", (method, path, answer.text)
        return answer

    def rows(self, statement: str, **values: Any) -> list[Any]:
        with self.shop.runtime.engine.connect() as conn:
            return list(conn.execute(text(statement), values).all())

    def one(self, pick: int, statement: str, **values: Any) -> Any:
        """One of the rows, None where there is none."""
        found = self.rows(statement, **values)
        return found[pick % len(found)] if found else None

    def an_order(self, pick: int) -> str | None:
        found = self.one(pick, 'SELECT id FROM "order" ORDER BY placed_at DESC, id DESC')
        return found.id if found else None

    def a_job(self, pick: int, *states: str) -> Any:
        """A fulfilment order in one of these states; any, once in a while or where there is none."""
        statement = (
            "SELECT * FROM fulfilment_order WHERE state = ANY(:states) ORDER BY created_at DESC, id DESC"
        )
        found = self.one(pick, statement, states=list(states)) if pick < 9 else None
        return found or self.one(pick, "SELECT * FROM fulfilment_order ORDER BY id")

    def ago(self, minutes: int) -> str:
        at: datetime = self.shop.watch.now() - timedelta(minutes=minutes)
        return at.isoformat()
