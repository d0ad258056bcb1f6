"""Read returns: one, and those of a node, a customer or an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.refusals import Code, Fault, not_found, refuse
from oms.store.orders import load_order
from oms.store.returns import load_return, page_of_returns
from oms.usecases.return_steps import RETURN, must_see
from oms.views import returns as views


@dataclass(frozen=True, slots=True)
class Filter:
    """Which returns; None does not matter."""

    node: str | None = None
    state: str | None = None
    customer_id: str | None = None
    order_id: str | None = None


def read_return(runtime: Runtime, actor: Actor, id: str, token: str | None) -> tuple[int, dict[str, Any]]:
    """(version, the return). Raises Refused not_found, also for one of another's scope."""
    with runtime.engine.connect() as conn:
        back = load_return(conn, id)
        if back is None:
            raise not_found(RETURN)
        orders = [order for name in back.order_ids if (order := load_order(conn, name)) is not None]
        must_see(runtime, actor, back, orders, token)
        return back.version, views.shown(conn, back)


def list_returns(
    runtime: Runtime, actor: Actor, wanted: Filter, after: Sequence[Any] | None, limit: int
) -> list[dict[str, Any]]:
    """Returns by when they were asked for, the newest first; one more than ``limit`` when there are more.
    Raises Refused: malformed for a foreign cursor, forbidden for another's node.
    """
    if wanted.node is not None:
        actor.require_node(wanted.node, "query/node")
    nodes = actor.nodes if wanted.node is None else {wanted.node}
    with runtime.engine.connect() as conn:
        found = page_of_returns(
            conn,
            nodes=nodes,
            state=wanted.state,
            customer_id=wanted.customer_id,
            order_id=wanted.order_id,
            after=instant_key(after),
            most=limit + 1,
        )
    return [views.row(back) for back in found]


def instant_key(after: Sequence[Any] | None) -> tuple[datetime, str] | None:
    """The sort key of a list by instant and id, or None at its start. Raises Refused malformed."""
    if after is None:
        return None
    try:
        return datetime.fromisoformat(after[0]), after[1]
    except ValueError as error:
        fault = Fault("query/cursor", "bad_cursor", "Not a cursor of this list")
        raise refuse(Code.MALFORMED, "The cursor is not one of this list", fault) from error
