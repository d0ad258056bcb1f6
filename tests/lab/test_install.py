"""A policy that a what-if has played is installed: over HTTP with all checks of the command."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import text

from api.access import ACCESS
from oms.actors import Role
from tests.api.conftest import make_key
from tests.lab.conftest import DAY, Shop, what_if

FELT = {"breadth_weight": 0.5, "parcel_minor": 70.0, "lookahead_weight": 0.25, "co2_minor_per_kg": 3.0}


def install(shop: Shop, id: str, policy: str, version: int | None = None) -> Any:
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    headers["Idempotency-Key"] = sha256(f"{id} {policy} {version}".encode()).hexdigest()
    return shop.admin.post(f"/v1/what-ifs/{id}/install", json={"policy": policy}, headers=headers)


def policy_of(shop: Shop) -> Any:
    return shop.admin.get("/v1/policy").json()


@pytest.fixture
def played(sold: Shop) -> Any:
    """A run by a rule, the myopic engine and ours, under weights of its own."""
    assert sold.admin.put("/v1/policy", json=FELT).status_code == 200
    done = what_if(sold, policies=["nearest", "cheapest", "sparing"], stock=0.5)
    assert done["state"] == "done", done
    return done


def test_a_run_says_by_which_weights_each_policy_was_played(played: Any) -> None:
    felt = {"parcel_minor": 70.0, "late_day_minor": 0.0, "lookahead_weight": 0.0}
    assert played["result"]["install"] == {
        "nearest": None,
        "cheapest": felt | {"breadth_weight": 0.0},
        "sparing": felt | {"breadth_weight": 0.5},
    }


def test_a_policy_with_weights_of_its_own_is_played_and_installed_by_them(sold: Shop) -> None:
    names = ["cheapest", "cheapest,parcel_minor=5000", "sparing,late_day_minor=20,breadth_weight=0.1"]
    assert (
        sold.place("o-9", ("A1", 4), method="ship").status_code == 201
    )  # two light parcels cost less than one
    sold.runtime.feed.look()
    done = what_if(sold, policies=names, demand=2.0)
    result = done["result"]
    assert [one["policy"] for one in result["base"]] == names
    assert [one["policy"] for one in result["changed"]] == names
    plain, hurried, _ = result["base"]
    assert hurried["parcels_per_order"] < plain["parcels_per_order"]
    assert hurried["cost_per_order_minor"] > plain["cost_per_order_minor"]
    assert install(sold, done["id"], names[1]).status_code == 200
    assert policy_of(sold)["body"]["parcel_minor"] == 5000.0
    assert install(sold, done["id"], names[2]).status_code == 200
    body = policy_of(sold)["body"]
    assert (body["parcel_minor"], body["late_day_minor"], body["breadth_weight"]) == (0.0, 20.0, 0.1)


def test_orders_are_routed_by_the_one_that_is_chosen(sold: Shop, played: Any) -> None:
    before = policy_of(sold)
    done = install(sold, played["id"], "cheapest", before["version"])
    assert done.status_code == 200, done.text
    assert done.headers["ETag"] == f'"{before["version"] + 1}"'
    after = policy_of(sold)
    assert done.json() == after
    assert after["body"] == before["body"] | played["result"]["install"]["cheapest"]
    assert after["body"]["co2_minor_per_kg"] == 3.0
    assert sold.runtime.networks.current.policy.breadth_weight == 0.0
    of_it = "SELECT count(*) FROM outbox WHERE type = 'what_if.installed' AND data->>'policy' = 'cheapest'"
    assert sold.scalar(of_it) == 1


def test_weights_of_a_policy_that_was_edited_meanwhile_are_those_that_were_played(
    sold: Shop, played: Any
) -> None:
    seen = policy_of(sold)["version"]
    assert (
        sold.admin.put("/v1/policy", json=FELT | {"parcel_minor": 9.0, "pickup_stores": 3}).status_code == 200
    )
    edited = policy_of(sold)
    late = install(sold, played["id"], "sparing", seen)
    assert (late.status_code, late.json()["code"]) == (412, "version_conflict")
    assert policy_of(sold) == edited
    assert install(sold, played["id"], "sparing", edited["version"]).status_code == 200
    body = policy_of(sold)["body"]
    assert (body["parcel_minor"], body["pickup_stores"]) == (70.0, 3)


@pytest.mark.parametrize(("policy", "status"), [("nearest", 422), ("lookahead", 422), ("", 422)])
def test_only_a_policy_that_was_played_and_routes_by_cost(
    sold: Shop, played: Any, policy: str, status: int
) -> None:
    before = policy_of(sold)
    answer = install(sold, played["id"], policy)
    assert answer.status_code == status
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/policy"]
    assert policy_of(sold) == before


def test_not_before_the_run_is_done_and_not_in_another_currency(sold: Shop, played: Any) -> None:
    body = {"first_day": DAY, "last_day": DAY, "stock": 0.5}
    waiting = sold.post("/v1/what-ifs", body, sold.admin).json()["id"]
    early = install(sold, waiting, "cheapest")
    assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
    assert install(sold, "wif_none", "cheapest").status_code == 404
    with sold.runtime.engine.begin() as conn:
        conn.execute(text("UPDATE what_if SET result = jsonb_set(result, '{currency}', '\"EUR\"')"))
    foreign = install(sold, played["id"], "cheapest")
    assert foreign.status_code == 422 and "EUR" in foreign.json()["detail"]


def test_who_may_not_put_the_policy_may_not_install_one(sold: Shop, played: Any) -> None:
    assert ACCESS["POST", "/v1/what-ifs/{id}/install"] == ACCESS["PUT", "/v1/policy"]
    key = make_key(sold.runtime, Role.BACKOFFICE)
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "k"}
    where = f"/v1/what-ifs/{played['id']}/install"
    answer = sold.admin.post(where, json={"policy": "cheapest"}, headers=headers)
    assert answer.status_code == 403
    assert policy_of(sold)["body"]["breadth_weight"] == 0.5


def test_a_run_of_an_earlier_release_has_nothing_to_install(sold: Shop, played: Any) -> None:
    with sold.runtime.engine.begin() as conn:
        conn.execute(text("UPDATE what_if SET result = result - 'install'"))
    assert install(sold, played["id"], "cheapest").status_code == 422
