"""Route from now on by a policy that a what-if has played."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from oms.refusals import Code, Fault, refuse
from oms.store.network_documents import Document
from oms.usecases.network import UNFELT, WEIGHTS, current_policy, install_weights
from oms.usecases.what_ifs import get_what_if
from oms.work import Work
from routing.policy import Policy


@dataclass(frozen=True, slots=True)
class Choice:
    """What would change: weight → (today, then), in minor units of ``currency`` where it is money.
    ``version`` is of the policy in force; ``unfelt`` are its weights that no replay feels, and that stay.
    """

    policy: str
    currency: str
    version: int
    weights: Mapping[str, tuple[float, float]]
    unfelt: Mapping[str, float]

    @property
    def in_force(self) -> bool:
        """Nothing would change."""
        return all(today == then for today, then in self.weights.values())


def choices_of(conn: Connection, id: str) -> list[Choice]:
    """Each policy of a run that the product can route by; none before the run is done. Raises Refused:
    not_found.
    """
    result = get_what_if(conn, id).result
    if result is None:
        return []
    now, usual = current_policy(conn), Policy()
    today = {name: float(now.body.get(name, getattr(usual, name))) for name in (*WEIGHTS, *UNFELT)}
    unfelt = {name: today[name] for name in UNFELT if today[name]}
    found = []
    for policy in (one["policy"] for one in result["base"]):
        weights = result.get("install", {}).get(policy)  # runs of an earlier release have none
        if weights is not None:
            pairs = {name: (today[name], weights[name]) for name in WEIGHTS if name in weights}
            found.append(Choice(policy, result["currency"], now.version, pairs, unfelt))
    return found


def choice_of(conn: Connection, id: str, policy: str) -> Choice:
    """Raises Refused: not_found; illegal_transition before the run is done; invalid for a policy that it has
    not played, or that is a rule to compare with.
    """
    state = get_what_if(conn, id).state
    if state != "done":
        raise refuse(Code.ILLEGAL_TRANSITION, "Nothing to choose from: this run is not done", state=state)
    for choice in choices_of(conn, id):
        if choice.policy == policy:
            return choice
    detail = "Name a policy of this run that routes by cost, such as sparing; rules are only compared with"
    raise refuse(Code.INVALID, detail, Fault("/policy", Code.INVALID, detail))


def install_choice(work: Work, id: str, policy: str, expected: int | None) -> Document:
    """Store the weights by which the run played the policy; the others stay. ``expected``: the version of the
    policy that the caller saw, None for whichever. Raises Refused as ``choice_of`` and ``install_weights``.
    """
    choice = choice_of(work.conn, id, policy)
    weights = {name: then for name, (_, then) in choice.weights.items()}
    stored = install_weights(work, weights, choice.currency, expected)
    work.emit("what_if.installed", "what_if", id, {"policy": policy, "version": stored.version})
    return stored
