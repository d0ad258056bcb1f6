"""Documents of the network: put whole, judged with the network they make, versioned."""

from __future__ import annotations

import pytest

from oms.actors import Role
from oms.bootstrap import Runtime
from oms.memory.network_load import BODY, Kind
from tests.api.conftest import Client
from tests.api.net import NODE, SKU, put, small_network


def test_every_edit_reaches_the_network_this_process_decides_by(client: Client, running: Runtime) -> None:
    small_network(client())
    loaded = running.networks.current
    assert list(loaded.network.node_ids) == ["N1", "N2"]
    assert loaded.spec.currency == "USD"
    before = loaded.spec.version
    put(
        client(),
        "/v1/policy",
        {"late_day_minor": 50.0, "price_rules": [{"method": "ship", "amount_minor": 599}]},
    )
    after = running.networks.current
    assert after.spec.version > before
    assert after.policy.late_day_minor == 50.0
    assert after.policy.price_rules[0].amount_minor == 599


def test_a_tariff_with_a_hole_is_refused_at_its_place_and_nothing_changes(client: Client) -> None:
    admin = client()
    small_network(admin)
    steps = [{"up_to_g": 1000, "minor": 500}, {"up_to_g": 1000, "minor": 600}]
    refused = admin.put("/v1/tariffs/flat", json={"steps": steps})
    assert refused.status_code == 422
    problem = refused.json()
    assert problem["errors"][0]["pointer"].startswith("/steps")
    assert admin.get("/v1/tariffs/flat").json()["version"] == 1


def test_a_lane_to_a_tariff_that_is_not_there_is_refused(client: Client) -> None:
    admin = client()
    small_network(admin)
    refused = admin.put("/v1/lanes", json={"lanes": [{"tariff": "gold", "transit_days": 1}]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/lanes/0/tariff"
    assert "gold" not in refused.text, "answers do not repeat input"


def test_a_tariff_in_use_cannot_go(client: Client) -> None:
    admin = client()
    small_network(admin)
    assert admin.delete("/v1/tariffs/flat").json()["code"] == "in_use"
    put(admin, "/v1/tariffs/spare", {"steps": [{"up_to_g": 10, "minor": 1}]})
    assert admin.delete("/v1/tariffs/spare").status_code == 204
    assert admin.get("/v1/tariffs/spare").status_code == 404


def test_an_edit_on_a_version_that_is_past_is_refused(client: Client) -> None:
    admin = client()
    small_network(admin)
    body = {"steps": [{"up_to_g": 10, "minor": 1}]}
    made = admin.put("/v1/tariffs/x", json=body)
    assert made.headers["etag"] == '"1"'
    put(admin, "/v1/tariffs/x", body, **{"If-Match": '"1"'})
    late = admin.put("/v1/tariffs/x", json=body, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"], late.json()["version"]) == (412, "version_conflict", 2)
    late = admin.put("/v1/skus/A1", json=SKU, headers={"If-Match": '"99"'})
    assert (late.json()["code"], late.json()["version"]) == ("version_conflict", 1)


def test_a_tariff_with_a_hole_has_a_name(client: Client) -> None:
    steps = [{"up_to_g": 500, "minor": 1}, {"up_to_g": 400, "minor": 2}]
    refused = client().put("/v1/tariffs/x", json={"steps": steps})
    assert (refused.status_code, refused.json()["code"]) == (422, "tariff_hole")


@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/nodes/N3", {**NODE, "lat": 91.0}, "/lat"),
        ("/v1/nodes/N3", {**NODE, "timezone": "Mars/Olympus"}, "/timezone"),
        ("/v1/nodes/N3", {**NODE, "calendar": "nobody"}, "/calendar"),
        ("/v1/nodes/N3", {**NODE, "kind": "shed"}, "/kind"),
        ("/v1/skus/C3", {**SKU, "weight_g": -1}, "/weight_g"),
        ("/v1/skus/C3", {**SKU, "category": "D" * 101}, "/category"),
        ("/v1/skus/C3", {**SKU, "category": "Dairy\x1fMilk"}, "/category"),
        ("/v1/settings", {"currency": "dollars"}, "/currency"),
        ("/v1/calendars/c", {"week": [["09:00:00", "17:00:00"]]}, "/week"),
        ("/v1/kits/A1", {"components": [{"sku": "none", "quantity": 1}]}, "/components/0/sku"),
        ("/v1/kits/A1", {"components": [{"sku": "A1", "quantity": 1}]}, "/components/0/sku"),
        ("/v1/kits/A1", {"components": [{"sku": "B2", "quantity": n} for n in (1, 2)]}, "/components/1/sku"),
        ("/v1/tariffs/x", {"steps": [{"up_to_g": g, "minor": 1} for g in (500, 400)]}, "/steps/1"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_place(
    client: Client, path: str, body: object, pointer: str
) -> None:
    admin = client()
    small_network(admin)
    refused = admin.put(path, json=body)
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["pointer"] == pointer


def test_a_kit_is_made_of_skus_and_never_of_kits(client: Client) -> None:
    admin = client()
    small_network(admin)
    put(admin, "/v1/skus/K", SKU)
    put(admin, "/v1/kits/K", {"components": [{"sku": "A1", "quantity": 2}], "keep_together": True})
    assert admin.get("/v1/kits/K").json()["components"] == [{"sku": "A1", "quantity": 2}]
    put(admin, "/v1/skus/K2", SKU)
    nested = admin.put("/v1/kits/K2", json={"components": [{"sku": "K", "quantity": 1}]})
    assert nested.json()["errors"][0]["code"] == "nested_kit"
    put(admin, "/v1/kits/K", {"components": []})
    assert admin.get("/v1/kits/K").status_code == 404


def test_lists_go_on_where_they_stopped(client: Client) -> None:
    admin = client()
    small_network(admin)
    first = admin.get("/v1/nodes", params={"limit": 1}).json()
    assert [node["id"] for node in first["items"]] == ["N1"]
    second = admin.get("/v1/nodes", params={"limit": 1, "cursor": first["next"]}).json()
    assert [node["id"] for node in second["items"]] == ["N2"]
    assert second["next"] is None


def test_staff_read_the_network_and_do_not_edit_it(client: Client) -> None:
    small_network(client())
    staff = client(Role.STAFF, nodes=["N1"])
    assert staff.get("/v1/lanes").status_code == 200
    assert staff.put("/v1/settings", json={"currency": "EUR"}).json()["code"] == "forbidden"
    assert client(Role.STOREFRONT).get("/v1/lanes").status_code == 403


def test_a_node_is_answered_as_it_was_put(client: Client) -> None:
    admin = client()
    small_network(admin)
    given = {**NODE, "limits": {"ship": 40}, "ship_cutoff": "16:00:00", "refuses": ["cold"]}
    put(admin, "/v1/nodes/N3", given)
    shown = admin.get("/v1/nodes/N3").json()
    assert {name: shown[name] for name in given} == given


def test_a_sku_has_a_category_or_none(client: Client) -> None:
    admin = client()
    assert put(admin, "/v1/skus/A1", SKU)["category"] == ""
    put(admin, "/v1/skus/A1", {**SKU, "category": " Cereals & more "})
    assert admin.get("/v1/skus/A1").json()["category"] == "Cereals & more"
    assert [sku["category"] for sku in admin.get("/v1/skus").json()["items"]] == ["Cereals & more"]
    assert put(admin, "/v1/skus/A1", SKU)["category"] == "", "a body says all of a SKU"


def test_every_kind_of_document_has_a_spec() -> None:
    assert set(BODY) == set(Kind)
