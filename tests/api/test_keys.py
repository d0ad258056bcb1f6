"""Keys are shown once, kept as hashes, judged in memory, and ended everywhere within a second."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.app import create_app
from oms.actors import Role
from oms.bootstrap import Runtime, start
from oms.memory.key_ring import KeyRing
from oms.settings import Settings
from tests.api.conftest import Client, make_key
from tests.api.net import small_network
from tests.api.test_problems import assert_problem
from tests.platform.waiting import eventually

WANTED = {"name": "web shop", "role": "storefront", "channels": ["web"], "grants": ["cost"]}


def test_a_key_opens_what_its_role_may(client: Client) -> None:
    admin = client()
    made = admin.post("/v1/keys", json=WANTED, headers={"Idempotency-Key": "k"})
    assert made.status_code == 201
    assert {name: made.json()[name] for name in WANTED} == WANTED
    shop = {"Authorization": f"Bearer {made.json()['key']}"}
    assert_problem(client(None).get("/v1/keys", headers=shop), 403, "forbidden")
    assert client(None).get("/v1/keys", headers=shop).headers["ratelimit-policy"]


def test_a_key_is_bounded_to_nodes_that_exist(client: Client, running: Runtime) -> None:
    admin = client()
    small_network(admin)
    wanted = {"name": "till", "role": "staff", "nodes": ["N1", "N9", "N2", "n1"]}
    refused = admin.post("/v1/keys", json=wanted, headers={"Idempotency-Key": "k1"})
    assert_problem(refused, 422, "unknown_node")
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/nodes/1", "/nodes/3"]
    assert all(key["name"] != "till" for key in admin.get("/v1/keys").json()["items"])
    wanted["nodes"] = ["N2", "N1"]
    made = admin.post("/v1/keys", json=wanted, headers={"Idempotency-Key": "k2"})
    assert (made.status_code, made.json()["nodes"]) == (201, ["N1", "N2"])


def test_the_secret_is_shown_once_and_never_kept(client: Client, running: Runtime) -> None:
    admin = client()
    first = admin.post("/v1/keys", json=WANTED, headers={"Idempotency-Key": "k"})
    secret = first.json()["key"]
    second = admin.post("/v1/keys", json=WANTED, headers={"Idempotency-Key": "k"})
    assert second.json() == first.json() | {"key": None}
    assert "key" not in admin.get("/v1/keys").json()["items"][0]
    with running.engine.begin() as conn:
        for table in ("api_key", "request", "outbox"):
            rows = conn.scalars(text(f"SELECT row_to_json({table})::text FROM {table}")).all()
            kept = "".join(rows) + "".join(bytes.fromhex(part).decode() for part in _bodies(rows))
            assert rows
            assert secret.partition(".")[2] not in kept


def _bodies(rows: Sequence[str]) -> list[str]:
    return [row.split('"body":"\\\\x')[1].split('"')[0] for row in rows if '"body":"\\\\x' in row]


@pytest.mark.parametrize("change", [lambda key: key[:-1], lambda key: key + "A", lambda key: key.swapcase()])
def test_a_key_must_be_right_to_the_letter(client: Client, running: Runtime, change: object) -> None:
    assert callable(change)
    wrong = {"Authorization": f"Bearer {change(make_key(running))}"}
    assert_problem(client(None).get("/v1/keys", headers=wrong), 401, "unauthorised")


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer .", "Bearer a.b.c", "key"])
def test_no_key_at_all(client: Client, header: str) -> None:
    answer = client(None).get("/v1/keys", headers={"Authorization": header})
    assert_problem(answer, 401, "unauthorised")


def test_a_revoked_key_is_refused_by_another_process_within_a_second(
    client: Client, running: Runtime, database_url: str, tmp_path: Path
) -> None:
    secret = make_key(running, Role.BACKOFFICE)
    elsewhere = start(Settings(database_url=database_url, data_dir=tmp_path))
    other = TestClient(create_app(elsewhere), headers={"Authorization": f"Bearer {secret}"})
    assert other.get("/v1/events").status_code == 200
    assert client().delete(f"/v1/keys/{secret.partition('.')[0]}").status_code == 204
    assert eventually(lambda: other.get("/v1/events").status_code == 401, seconds=1)
    elsewhere.close()


def test_a_new_key_is_known_to_another_process_within_a_second(
    running: Runtime, database_url: str, tmp_path: Path
) -> None:
    elsewhere = start(Settings(database_url=database_url, data_dir=tmp_path))
    secret = make_key(running)
    assert eventually(lambda: elsewhere.keys.open(secret) is not None, seconds=1)
    elsewhere.close()


def test_revoking_is_final_and_repeatable(client: Client, running: Runtime) -> None:
    admin = client()
    small_network(admin)
    key_id = make_key(running, Role.STAFF, nodes=["N1"]).partition(".")[0]
    assert admin.delete(f"/v1/keys/{key_id}").status_code == 204
    listed = next(key for key in admin.get("/v1/keys").json()["items"] if key["id"] == key_id)
    assert admin.delete(f"/v1/keys/{key_id}").status_code == 204
    assert next(key for key in admin.get("/v1/keys").json()["items"] if key["id"] == key_id) == listed
    assert listed["revoked_at"] is not None
    assert_problem(admin.delete("/v1/keys/key_none"), 404, "not_found")


def test_keys_are_listed_page_by_page_while_more_come(client: Client, running: Runtime) -> None:
    admin = client()
    made = {make_key(running).partition(".")[0] for _ in range(7)}
    seen: list[str] = []
    url: str | None = "/v1/keys?limit=3"
    while url:
        page = admin.get(url)
        seen += [key["id"] for key in page.json()["items"]]
        make_key(running) if len(seen) == 3 else None
        url = page.links["next"]["url"] if "next" in page.links else None
    assert seen == sorted(set(seen))
    assert made <= set(seen)


def test_opening_with_no_keys_loaded(running: Runtime) -> None:
    assert KeyRing().open(make_key(running)) is None
