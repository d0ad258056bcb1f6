"""Routing decisions explained from what they were made from, whenever somebody asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from oms.refusals import not_found
from oms.store.decisions import Decision, decision_by_id, decisions_of
from routing.eligibility import Exclusion
from routing.explain import explain
from routing.files import plan_to_json, problem_from_json
from routing.route import route


def explained(value: Decision) -> dict[str, Any]:
    """The decision as it is shown: the plan that was chosen, and why it is so.

    ``recomputed``: the plan came out again to the last bit. Anything else means that the engine has changed
    since; the explanation then is of the plan it would choose from the same inputs today.
    """
    problem = problem_from_json(value.inputs["problem"])
    exclusions = [Exclusion(*row) for row in value.inputs["exclusions"]]
    plan = route(problem)
    document = plan_to_json(problem, plan, explain(problem, plan, exclusions))
    explanation = document.pop("explanation")
    return {
        "id": value.id,
        "at": value.at,
        "trigger": value.trigger,
        "inputs_digest": value.digest,
        "network_version": value.network_version,
        "network_digest": value.network_digest,
        "policy_version": value.policy_version,
        "plan": value.plan,
        "explanation": explanation,
        "recomputed": document == value.plan,
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
