"""Every routing decision is kept with what it was made from."""

from __future__ import annotations

from oms.steps.settling import Chosen
from oms.store.decisions import Decision, insert_decisions
from oms.work import Work
from routing.files import plan_to_json, problem_to_json


def keep_decision(work: Work, chosen: Chosen, reference: str, trigger: str) -> str:
    """Write down what was decided on and what came out; return the decision's id."""
    value = decision_of(work, chosen, reference, trigger)
    insert_decisions(work.conn, [value])
    return value.id


def decision_of(work: Work, chosen: Chosen, reference: str, trigger: str) -> Decision:
    """What was decided on and what came out."""
    option, ground = chosen.option, chosen.ground
    return Decision(
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
        plan=plan_to_json(option.problem, option.plan),
    )
