"""A variant that a sweep found is installed, and it is what orders are then routed by."""

from __future__ import annotations

import json
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from oms.actors import SYSTEM
from oms.memory.network_load import Kind
from oms.refusals import Refused
from oms.usecases.network import PutDocument, install_weights, put_document
from oms.work import Work, transact
from tests.lab.conftest import Shop

WEIGHTS = {"parcel_minor": 0.0, "late_day_minor": 0.0, "breadth_weight": 0.0, "lookahead_weight": 0.0}


def kept(tmp_path: Path, **install: Any) -> str:
    """A file as a sweep keeps it."""
    rows = [{"policy": name, "install": weights} for name, weights in install.items()]
    file = tmp_path / "sweep.json"
    file.write_text(json.dumps({"currency": "USD", "variants": rows}))
    return str(file)


def anyshelf(*words: str) -> Any:
    return CliRunner().invoke(app, ["policy", *words])


@pytest.fixture
def here(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The command line on the shop's database."""
    monkeypatch.setenv("ANYSHELF_DATABASE_URL", shop.runtime.url)
    return shop


def routed(shop: Shop, order: str) -> tuple[int, int]:
    """Parcels of the order, and the version of the policy that its decision was made by."""
    said = {"id": order}
    of = "FROM fulfilment_line WHERE order_id = :id"
    parcels = shop.scalar(f"SELECT count(DISTINCT (fulfilment_order_id, parcel)) {of}", **said)
    version = shop.scalar("SELECT policy_version FROM decision WHERE reference = :id", **said)
    return parcels, version


def test_an_installed_policy_is_what_checkout_routes_by(here: Shop, tmp_path: Path) -> None:
    file = kept(tmp_path, hurried={**WEIGHTS, "parcel_minor": 5000.0}, plain=WEIGHTS)
    before = json.loads(anyshelf("show", "--json").stdout)
    assert anyshelf("install", file, "plain").exit_code == 0
    here.runtime.refresher.look()
    assert here.place("o-1", ("A1", 4), method="ship").status_code == 201
    here.runtime.feed.look()
    done = anyshelf("install", file, "hurried", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["policy"]["parcel_minor"] == 5000.0
    kept_as_it_was = {"price_rules", "unfilled_penalty_minor", "horizon_days"}
    assert {key: told["policy"][key] for key in kept_as_it_was} == {
        key: before["policy"][key] for key in kept_as_it_was
    }
    here.runtime.refresher.look()
    assert here.runtime.networks.current.policy.parcel_minor == 5000.0
    assert here.place("o-2", ("A1", 4), method="ship").status_code == 201
    assert routed(here, "o-1") == (2, told["version"] - 1)  # two light parcels cost less than a heavy one
    assert routed(here, "o-2") == (1, told["version"])
    assert here.admin.get("/v1/policy").json()["body"]["parcel_minor"] == 5000.0


def test_what_cannot_be_installed_is_refused(here: Shop, tmp_path: Path) -> None:
    file = kept(tmp_path, nearest=None, odd={"horizon_days": 1.0}, wrong={"parcel_minor": -1.0})
    version = json.loads(anyshelf("show", "--json").stdout)["version"]
    assert anyshelf("install", file, "nearest").exit_code == 1
    assert anyshelf("install", file, "nobody").exit_code == 2
    assert anyshelf("install", str(tmp_path / "none.json"), "plain").exit_code == 2
    for name in ("odd", "wrong"):
        assert anyshelf("install", file, name).exit_code != 0
    for weights in ({"price_rules": 1.0}, {"parcel_minor": float("inf")}, {"parcel_minor": True}):
        with pytest.raises(Refused):
            transact(here.runtime, SYSTEM, partial(install, weights))
    assert json.loads(anyshelf("show", "--json").stdout)["version"] == version


def install(weights: Any, work: Work) -> None:
    install_weights(work, weights, "USD")


def test_the_way_back_is_what_was_shown_before(here: Shop, tmp_path: Path) -> None:
    file = kept(tmp_path, hurried={**WEIGHTS, "parcel_minor": 5000.0})
    usual = json.loads(anyshelf("show", "--json").stdout)["policy"]
    for _ in range(2):  # from the usual policy, and from one that was stored
        before = json.loads(anyshelf("show", "--json").stdout)["policy"]
        assert anyshelf("install", file, "hurried").exit_code == 0
        back = here.admin.put("/v1/policy", json=before)
        assert back.status_code == 200, back.text
        assert json.loads(anyshelf("show", "--json").stdout)["policy"] == before == usual


def test_another_currency_and_what_no_sweep_wrote_are_refused(here: Shop, tmp_path: Path) -> None:
    file = Path(kept(tmp_path, plain=WEIGHTS))
    file.write_text(file.read_text().replace("USD", "EUR"))
    done = anyshelf("install", str(file), "plain")
    assert done.exit_code != 0
    with pytest.raises(Refused) as refused:
        transact(here.runtime, SYSTEM, lambda work: install_weights(work, WEIGHTS, "EUR"))
    assert "EUR" in refused.value.refusal.detail
    for said in (
        '{"variants": []}',
        '{"currency": "USD", "variants": [{"policy": "plain", "install": [1]}]}',
        "[]",
    ):
        file.write_text(said)
        assert anyshelf("install", str(file), "plain").exit_code == 2


def test_what_no_sweep_feels_is_said(here: Shop, tmp_path: Path) -> None:
    assert here.admin.put("/v1/policy", json={"co2_minor_per_kg": 5.0}).status_code == 200
    done = anyshelf("install", kept(tmp_path, plain=WEIGHTS), "plain")
    assert "not felt in the sweep: co2_minor_per_kg = 5.0" in done.stderr


def test_an_edit_at_the_same_time_is_not_lost(here: Shop) -> None:
    """The other edit has the network and has not committed when the weights are to be installed."""
    edited, began = threading.Event(), threading.Event()

    def edit(work: Work) -> None:
        put_document(work, PutDocument(Kind.POLICY, Kind.POLICY, {"co2_minor_per_kg": 5.0}))
        edited.set()
        began.wait(5)
        time.sleep(0.3)  # the other waits for the network by then

    other = threading.Thread(target=transact, args=(here.runtime, SYSTEM, edit))
    other.start()
    assert edited.wait(5)
    began.set()
    stored = transact(here.runtime, SYSTEM, lambda work: install_weights(work, WEIGHTS, "USD"))
    other.join(5)
    assert stored.body["co2_minor_per_kg"] == 5.0


def test_the_words_name_every_weight(here: Shop) -> None:
    done = anyshelf("show")
    assert "parcel_minor = " in done.stdout and "lookahead_weight = " in done.stdout
