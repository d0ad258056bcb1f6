"""Bodies of the routing engine without side effects."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from api.wire.base import Id, Wire, Word
from api.wire.checkout import Destination, FewLines, Line, Method, Methods

PROBLEM: dict[str, Any] = {
    "currency": "USD",
    "tariffs": {"z1": [[500, 420], [1000, 510], [30000, 1900]]},
    "nodes": [{"id": "N1", "tariff": "z1", "fixed_minor": 120}],
    "lines": [{"id": "1", "sku": "A", "quantity": 2, "unit_weight_g": 480}],
    "stock": [{"node": "N1", "sku": "A", "available": 3, "unit_cost_minor": 25}],
    "unfilled_penalty_minor": 100000,
}


class RoutedBasket(Wire):
    """A basket to be routed on the present stock and network."""

    channel: Word = "web"
    lines: Annotated[list[Line], Field(min_length=1, max_length=200), FewLines]
    destination: Destination | None = None
    methods: Methods
    pickup_node: Id | None = None


class PlansAsk(Wire):
    """A ``problem`` as ``anyshelf route`` reads it, or a ``basket``."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"problem": PROBLEM}]})

    problem: dict[str, Any] | None = None
    basket: RoutedBasket | None = None


class RoutedPlan(Wire):
    """``plan`` and its explanation as ``anyshelf route`` prints them; ``method`` for a basket."""

    method: Method | None
    tags: list[str]
    plan: dict[str, Any]


class PlansAnswer(Wire):
    plans: list[RoutedPlan]
