"""What the policy of returns is asked about units, announced or found in the box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from oms.bootstrap import Runtime
from oms.orders.order import Line, Order
from oms.returns.announcing import Wish, kit_part
from oms.returns.policy import UNANNOUNCED, Claim, breaches
from oms.returns.unannounced import Terms
from oms.store.fulfilments import fulfilments_of
from oms.work import Work


def terms_of_unannounced(runtime: Runtime, work: Work) -> Terms:
    """What stands against paying for units that nobody announced."""
    policy = runtime.networks.current.returns

    def rules(order: Order, line: Line, condition: str) -> Sequence[str]:
        wish = Wish(1, order.id, line.kit_line or line.id, line.sku, condition=condition)
        claim = replace(claim_of(runtime, work.conn, order, wish), kit_part=False)
        asked = [UNANNOUNCED] if policy.unannounced == "ask" else []
        return [*asked, *breaches(policy, claim, work.at)]

    return Terms(rules, policy.kit_parts)


def claim_of(runtime: Runtime, conn: Connection, order: Order, wish: Wish) -> Claim:
    """What the policy looks at of units of a line of the order that are to come back."""
    line = order.line(wish.line_id or "")
    assert line is not None, "its lines were found before"
    skus = [runtime.pool.catalogue.skus.get(sku) for sku in (line.sku, wish.sku) if sku is not None]
    flags = frozenset(flag for sku in skus if sku is not None for flag in sku.flags)
    parts = {part.id for part in order.components(line.id)}
    handed = [
        at
        for job in fulfilments_of(conn, order.id)
        if any(part.line_id in parts for part in job.lines)
        for state, at in job.instants.items()
        if state in ("handed_over", "completed")
    ]
    delivered_at = max(handed, default=order.placed_at)
    return Claim(order.channel, flags, delivered_at, wish.condition, kit_part(order, wish), wish.reason)
