"""Reason codes and rules of work: usual ones until somebody stores others, seen at once by the process."""

from __future__ import annotations

import pytest

from inventory.requests import ShortRule
from oms.bootstrap import Runtime
from oms.memory.network_load import BODY, USUAL, Kind
from oms.reasons import NextStep, Occasion, Reasons
from oms.refusals import Refused
from oms.work_rules import WorkRules
from tests.api.conftest import Client
from tests.api.net import put


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/reasons", Kind.REASONS),
        ("/v1/work", Kind.WORK),
        ("/v1/retention", Kind.RETENTION),
        ("/v1/safety-stock", Kind.SAFETY_STOCK),
    ],
)
def test_the_usual_ones_hold_until_others_are_stored(client: Client, path: str, kind: Kind) -> None:
    admin = client()
    shown = admin.get(path)
    assert (shown.status_code, shown.json()["version"], shown.json()["updated_at"]) == (200, 0, None)
    assert BODY[kind].validate_python(shown.json()["body"]) == USUAL[kind]
    stored = admin.put(path, json=shown.json()["body"], headers={"If-Match": '"0"'})
    assert stored.status_code == 200, stored.text
    assert BODY[kind].validate_python(stored.json()["body"]) == USUAL[kind]
    assert admin.put(path, json=shown.json()["body"], headers={"If-Match": '"0"'}).status_code == 412


def test_what_is_stored_is_what_the_process_goes_by(client: Client, running: Runtime) -> None:
    put(client(), "/v1/work", {"offer_minutes": 7, "auto_accept": ["N1"]})
    put(client(), "/v1/reasons", {"reasons": [{"code": "gone", "occasions": ["short"], "stock": "minus"}]})
    loaded = running.networks.current
    assert (loaded.work.offer_minutes, loaded.work.accepts("N1"), loaded.work.accepts("N2")) == (
        7,
        True,
        False,
    )
    assert loaded.work.line_minutes == WorkRules().line_minutes
    assert loaded.reasons.require(Occasion.SHORT, "gone").stock is ShortRule.MINUS


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/reasons", {"reasons": [{"code": "x", "occasions": ["lunch"]}]}, "/reasons/0/occasions/0"),
        ("/v1/reasons", {"reasons": [{"code": "x", "occasions": ["cancel"]}] * 2}, "/reasons/1/code"),
        ("/v1/work", {"offer_minutes": 0}, "/offer_minutes"),
        ("/v1/work", {"stuck_minutes": {"asleep": 5}}, ""),
    ],
)
def test_what_cannot_be_meant_is_refused(client: Client, path: str, body: object, pointer: str) -> None:
    refused = client().put(path, json=body)
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["pointer"] == pointer


def test_every_usual_reason_says_what_follows() -> None:
    usual = Reasons()
    codes = [reason.code for reason in usual.reasons]
    assert len(set(codes)) == len(codes)
    for occasion in Occasion:
        assert list(usual.of(occasion)), occasion
    assert all(isinstance(reason.next, NextStep) for reason in usual.of(Occasion.FAILURE))
    assert usual.require(Occasion.REJECT, "not_in_stock").stock is ShortRule.ZERO


def test_a_reason_for_something_else_is_none(client: Client) -> None:
    with pytest.raises(Refused) as refused:
        Reasons().require(Occasion.REJECT, "absent")
    assert "no_staff" in refused.value.refusal.faults[0].detail
    with pytest.raises(Refused) as refused:
        Reasons().require(Occasion.RETURN, "other_return", note="  ")
    assert refused.value.refusal.faults[0].pointer == "/note"
