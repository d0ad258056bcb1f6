"""Every routing decision is kept with what it was made from, and explained when somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from oms.refusals import not_found
from oms.settling import Chosen
from oms.store.decisions import Decision, decision_by_id, decisions_of, insert_decision
from oms.work import Work
from routing.eligibility import Exclusion
from routing.explain import explain
from routing.files import plan_to_json, problem_from_json, problem_to_json
from routing.route import route


def keep_decision(work: Work, chosen: Chosen, reference: str, trigger: str) -> str:
    """Write down what was decided on and what came out; return the decision's id."""
    option, ground = chosen.option, chosen.ground
    value = Decision(
        id=work.ids.new("dec"),
        at=work.at,
        reference=reference,
        trigger=trigger,
        inputs={
            "problem": problem_to_json(option.problem),
            "exclusions": [[e.node, e.line, e.reason, e.detail] for e in option.exclusions],
        },
        network_version=ground.network.version,
        network_digest=ground.network.digest,
        policy_version=ground.policy.version,
        plan=plan_to_json(option.problem, option.plan, None),
    )
    insert_decision(work.conn, value)
    return value.id


def explained(value: Decision) -> dict[str, Any]:
    """The decision as it is shown: the plan computed anew from its inputs, and why it is so.

    The stored plan must come out again to the last bit; that it does not is a bug.
    """
    problem = problem_from_json(value.inputs["problem"])
    exclusions = [Exclusion(*row) for row in value.inputs["exclusions"]]
    plan = route(problem)
    again = plan_to_json(problem, plan, None)
    assert again == value.plan, "a decision is a function of its inputs"
    return {
        "id": value.id,
        "at": value.at,
        "trigger": value.trigger,
        "inputs_digest": value.digest,
        "network_version": value.network_version,
        "network_digest": value.network_digest,
        "policy_version": value.policy_version,
        "plan": again,
        "explanation": plan_to_json(problem, plan, explain(problem, plan, exclusions))["explanation"],
        "recomputed": True,
    }


def decisions_explained(conn: Connection, references: Sequence[str]) -> list[dict[str, Any]]:
    """All decisions for an order and the reservation it came from."""
    return [explained(value) for value in decisions_of(conn, references)]


def one_explained(conn: Connection, decision_id: str) -> dict[str, Any]:
    """One decision. Raises Refused not_found."""
    value = decision_by_id(conn, decision_id)
    if value is None:
        raise not_found("decision")
    return explained(value)
