"""Files sent over HTTP: judged whole, put by the worker, faults by row, nothing half done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from oms.actors import SYSTEM, Role
from oms.adapters.folder import read_folder, write_folder
from oms.bootstrap import Runtime
from oms.export_rows import read_database
from oms.usecases import imports
from oms.usecases.import_jobs import run_imports
from oms.usecases.imports import import_folder
from tests.api.conftest import Client
from tests.api.net import NODE, SKU, put, small_network

SAMPLES = Path(__file__).parents[2] / "samples"


def send(client: TestClient, key: str, **files: str) -> Any:
    """Queue files, named without their ending."""
    named = {f"{name}.csv": text for name, text in files.items()}
    return client.post("/v1/imports", json={"files": named}, headers={"Idempotency-Key": key})


def test_skus_and_stock_by_file(client: Client, running: Runtime) -> None:
    admin = client()
    small_network(admin)
    stock = "node,sku,on_hand,safety_stock,bin\nN1,A1,12,2,A-03\nN1,C3,5,,\n"
    queued = send(admin, "k", skus="id,weight_g,name\nC3,750,Rye bread\n", stock=stock)
    assert queued.status_code == 202
    assert queued.json()["state"] == "queued"
    assert run_imports(running) == 1
    job = admin.get(queued.headers["location"]).json()
    assert job["faults"] == []
    assert (job["state"], job["put"]["skus"], job["put"]["stock"]) == ("done", 1, 2)
    assert admin.get("/v1/skus/C3").json()["name"] == "Rye bread"
    rows = {row["sku"]: row for row in admin.get("/v1/stock", params={"node": "N1"}).json()["items"]}
    assert (rows["A1"]["on_hand"], rows["A1"]["safety_stock"], rows["A1"]["bin"]) == (12, 2, "A-03")
    assert admin.get("/v1/skus/A1").json()["version"] == 1, "what was not sent is left alone"


def test_counts_are_taken_in_parts_and_only_what_is_new_is_told(
    client: Client, running: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "PART", 2)
    monkeypatch.setattr(imports, "CHUNK", 1)
    admin = client()
    small_network(admin)
    skus = [f"C{number}" for number in range(5)]
    send(admin, "skus", skus="id,weight_g\n" + "".join(f"{sku},9\n" for sku in skus))
    for key, counts in (("k", [4, 5, 6, 7, 8]), ("again", [4, 5, 0, 7, 9])):
        rows = zip(skus, counts, strict=True)
        send(admin, key, stock="node,sku,on_hand\n" + "".join(f"N1,{sku},{count}\n" for sku, count in rows))
        assert run_imports(running) == (2 if key == "k" else 1)
        held = {row["sku"]: row["on_hand"] for row in admin.get("/v1/stock").json()["items"]}
        assert held == dict(zip(skus, counts, strict=True))
    moved = admin.get("/v1/stock/movements").json()["items"]
    assert [(entry["sku"], entry["quantity"]) for entry in moved[5:]] == [("C2", 6), ("C4", 1)]
    with running.engine.connect() as conn:
        told = conn.scalar(text("SELECT count(*) FROM outbox WHERE type = 'import.network'"))
    assert told == 0, "nobody need read the network again"


def test_what_is_new_is_written_in_pieces_of_one_size(
    client: Client, running: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of a few rows, whose commit would cost as much as another's."""
    monkeypatch.setattr(imports, "CHUNK", 3)
    admin = client()
    small_network(admin)
    skus = [f"C{number}" for number in range(7)]
    send(admin, "skus", skus="id,weight_g\n" + "".join(f"{sku},9\n" for sku in skus))
    send(admin, "counts", stock="node,sku,on_hand\n" + "".join(f"N1,{sku},4\n" for sku in skus))
    assert run_imports(running) == 2
    with running.engine.connect() as conn:
        told = conn.scalars(text("SELECT data FROM outbox WHERE type = 'import.stock' ORDER BY id")).all()
    assert [piece["positions"] for piece in told] == [4, 3]


def test_every_fault_is_told_with_its_row_and_nothing_is_taken(client: Client, running: Runtime) -> None:
    admin = client()
    small_network(admin)
    skus = "id,weight_g\nC3,750\nC4,-1\nC3,20\n"
    queued = send(admin, "k", skus=skus, stock="node,sku,on_hand\nN9,A1,1\n")
    run_imports(running)
    job = admin.get(queued.headers["location"]).json()
    assert job["state"] == "refused"
    told = {(fault["file"], fault["row"], fault["column"]) for fault in job["faults"]}
    assert {("skus.csv", 3, "weight_g"), ("skus.csv", 4, "id"), ("stock.csv", 2, "node")} <= told
    assert admin.get("/v1/skus/C3").status_code == 404
    assert admin.get("/v1/stock").json()["items"] == []


def test_a_network_that_would_not_be_whole_is_refused_whole(client: Client, running: Runtime) -> None:
    admin = client()
    small_network(admin)
    queued = send(admin, "k", lanes="node,country,tariff,transit_days\n*,US,gold,1\n")
    run_imports(running)
    job = admin.get(queued.headers["location"]).json()
    assert job["state"] == "refused"
    assert admin.get("/v1/lanes").json()["version"] == 1


CALENDARS = """name,days,opens,closes
shop,mon|tue|wed|thu|fri,09:00,18:00
shop,sat,10:00,24:00
shop,holidays,,
shop,2026-12-24|2026-12-31,09:00,13:00
"""
NODE_FILE = (
    "id,lat,lon,country,postcode,timezone,calendar\n{id},39.8,-84.2,US,45414,America/New_York,{calendar}\n"
)


def test_calendars_by_file_are_those_of_the_api(client: Client, running: Runtime) -> None:
    admin = client()
    small_network(admin)
    queued = send(admin, "k1", calendars=CALENDARS)
    run_imports(running)
    assert admin.get(queued.headers["location"]).json()["state"] == "done"
    shop = admin.get("/v1/calendars/shop").json()["body"]
    assert shop["week"] == [["09:00:00", "18:00:00"]] * 5 + [["10:00:00", "00:00:00"], None]
    assert shop["holidays"] is True
    assert shop["special"] == {day: ["09:00:00", "13:00:00"] for day in ("2026-12-24", "2026-12-31")}
    queued = send(admin, "k2", nodes=NODE_FILE.format(id="N7", calendar="shop"))
    run_imports(running)
    assert admin.get(queued.headers["location"]).json()["state"] == "done", "a calendar known already"
    assert admin.get("/v1/nodes/N7").json()["calendar"] == "shop"
    queued = send(admin, "k3", nodes=NODE_FILE.format(id="N8", calendar="shut"))
    run_imports(running)
    (fault,) = admin.get(queued.headers["location"]).json()["faults"]
    assert (fault["file"], fault["row"], fault["code"]) == ("nodes.csv", 2, "unknown_calendar")
    queued = send(admin, "k4", calendars=CALENDARS.replace("13:00", "08:00"))
    run_imports(running)
    (fault,) = admin.get(queued.headers["location"]).json()["faults"]
    assert (fault["file"], fault["row"], fault["column"]) == ("calendars.csv", 5, "closes")
    assert admin.get("/v1/calendars/shop").json()["body"] == shop


def test_calendars_of_the_api_come_back_from_an_export(
    client: Client, running: Runtime, tmp_path: Path
) -> None:
    admin = client()
    small_network(admin)
    shops = {
        "shop": {"week": [["09:00:00", "18:00:00"]] * 6 + [None], "special": {"2026-12-25": None}},
        "unused": {"week": [None] * 7, "holidays": True},
        "daily-0900-1700-h": {"week": [["09:00:00", "17:00:00"]] * 7, "holidays": True},
        "daily-0800-2000-h": {"week": [["08:00:00", "20:00:00"]] * 7, "special": {"2026-12-25": None}},
    }
    put(admin, "/v1/deliveries/US", {"holidays": True})
    for name, body in shops.items():
        put(admin, f"/v1/calendars/{name}", body)
    named = {"N6": "daily-0900-1700-h", "N7": "shop", "N8": "daily-0800-2000-h"}
    for id, calendar in named.items():
        put(admin, f"/v1/nodes/{id}", NODE | {"calendar": calendar})

    def documents() -> dict[str, Any]:
        items = admin.get("/v1/calendars").json()["items"]
        return {item["id"]: {"special": {}, "holidays": False} | item["body"] for item in items}

    def calendars() -> dict[str, str | None]:
        return {item["id"]: item["calendar"] for item in admin.get("/v1/nodes").json()["items"]}

    before, had = documents(), calendars()
    with running.engine.connect() as conn:
        write_folder(read_database(conn), tmp_path)
    back = read_folder(tmp_path)
    import_folder(running, SYSTEM, back, lambda what, done, total: None)
    assert {name: body for name, body in documents().items() if name in before} == before
    assert had == named | {"N1": None, "N2": None}
    assert back.nodes.calendar.tolist() == ["daily-0000-2400"] * 2 + ["", "shop", "daily-0800-2000-h"]
    assert calendars() == named | dict.fromkeys(("N1", "N2"), "daily-0000-2400"), "which never closes either"


def test_files_of_other_names_and_storefronts_are_refused(client: Client) -> None:
    assert send(client(), "k", passwords="a\n").status_code in (400, 422)
    assert send(client(Role.STOREFRONT), "k", skus="id,weight_g\n").status_code == 403


def test_what_is_exported_is_what_was_imported(client: Client, running: Runtime, tmp_path: Path) -> None:
    folder = read_folder(SAMPLES / "uk_retailer")
    steps: list[str] = []
    import_folder(running, SYSTEM, folder, lambda what, done, total: steps.append(what))
    assert set(steps) == {"network", "skus", "stock", "places"}
    with running.engine.connect() as conn:
        write_folder(read_database(conn), tmp_path)
    back = read_folder(tmp_path)
    for table, column in (("nodes", "ship_cutoff"), ("lanes", "tariff"), ("tariffs", "minor")):
        given, found = getattr(folder, table), getattr(back, table)
        assert sorted(getattr(given, column).tolist()) == sorted(getattr(found, column).tolist())
    assert sorted(zip(folder.stock.node, folder.stock.sku, folder.stock.on_hand, strict=True)) == sorted(
        zip(back.stock.node, back.stock.sku, back.stock.on_hand, strict=True)
    )
    assert back.network.currency == "GBP"
    assert dict(back.network.holidays) == {"GB": "GB-ENG"}


def test_stuck_reservations_are_found_and_freed(client: Client, running: Runtime) -> None:
    admin = client()
    small_network(admin)
    put(admin, "/v1/skus/A1", SKU)
    body = {"ids": ["nobody"], "reason": "stuck"}
    answer = admin.post("/v1/reservations/void", json=body, headers={"Idempotency-Key": "v1"})
    assert answer.json()["errors"][0]["pointer"] == "/ids/0"
    assert admin.get("/v1/reservations").json() == {"items": [], "next": None}
