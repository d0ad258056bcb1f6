"""The engine as a calculator: nothing is held, nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oms.actors import Actor
from oms.bootstrap import Runtime
from oms.memory.ground import from_memory
from oms.refusals import Code, Fault, refuse
from oms.usecases.promises import Basket, offered, question_of
from routing.explain import explain
from routing.files import Malformed, plan_to_json, problem_from_json
from routing.route import route

MOST_CELLS = 200_000
"""Lines × nodes of a problem: what one request may keep a core busy with."""


def plan_problem(document: Mapping[str, Any]) -> dict[str, Any]:
    """The plan of a problem file. Raises Refused invalid, with the place of the fault; too_large."""
    try:
        problem = problem_from_json(document)
    except Malformed as fault:
        found = Fault(f"/problem{fault.pointer}", fault.code, fault.detail)
        raise refuse(Code.INVALID, "The problem cannot be read", found) from fault
    lines, nodes = problem.shape
    if lines * nodes > MOST_CELLS:
        raise refuse(Code.TOO_LARGE, f"At most {MOST_CELLS} lines × nodes a call")
    plan = route(problem)
    return {
        "method": None,
        "tags": [],
        "plan": plan_to_json(problem, plan, explain(problem, plan)),
    }


def plan_basket(runtime: Runtime, actor: Actor, basket: Basket) -> list[dict[str, Any]]:
    """The plan behind every option of a basket, with the reasons of every node that lost."""
    ground = from_memory(runtime, question_of(runtime, actor, basket))
    return [
        {
            "method": option.method,
            "tags": list(option.tags),
            "plan": plan_to_json(
                option.problem, option.plan, explain(option.problem, option.plan, option.exclusions)
            ),
        }
        for _, option in offered(runtime, ground, basket).options
    ]
