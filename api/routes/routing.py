"""The routing engine without side effects."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.deps import Caller, Running, reply
from api.guard import routes
from api.routes.checkout import whereabouts
from api.wire.routing import PlansAnswer, PlansAsk
from oms.orders.quote import Wanted
from oms.refusals import Code, Fault, refuse
from oms.usecases import routing_plans
from oms.usecases.promises import Basket

router: APIRouter = routes("routing")


@router.post("/v1/routing/plans", response_model=PlansAnswer)
def plan(body: PlansAsk, caller: Caller, running: Running) -> Response:
    """A problem or a basket in, a plan and its explanation out; nothing is written or held."""
    if (body.problem is None) == (body.basket is None):
        detail = "Exactly one of problem and basket"
        raise refuse(Code.MALFORMED, detail, Fault("", "ambiguous", detail))
    if body.problem is not None:
        return reply({"plans": [routing_plans.plan_problem(body.problem)]})
    asked = body.basket
    assert asked is not None, "one of the two is given"
    basket = Basket(
        wanted=tuple(Wanted(line.id, line.sku, line.quantity) for line in asked.lines),
        channel=asked.channel,
        methods=tuple(dict.fromkeys(asked.methods)),
        destination=whereabouts(asked.destination),
        pickup_node=asked.pickup_node,
        partial=True,
    )
    return reply({"plans": routing_plans.plan_basket(running, caller, basket)})
