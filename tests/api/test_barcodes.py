"""A scan names one SKU: a barcode stands at one, and is no other's id, whoever writes it and how."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from inventory.catalogue_edit import CodesTaken, SkuRow, Written, put_skus
from oms.actors import SYSTEM
from oms.adapters.folder import FolderRefused, read_folder
from oms.bootstrap import Runtime
from oms.usecases import imports
from oms.usecases.import_jobs import run_imports
from oms.usecases.imports import import_folder
from oms.views.scanning import sku_scanned
from tests.api.conftest import Client
from tests.api.net import SKU, put, small_network
from tests.api.test_imports import send
from tests.samples.folders import FILES
from tests.samples.folders import put as put_files


def sku(*barcodes: str) -> dict[str, Any]:
    return {**SKU, "barcodes": list(barcodes)}


def scanned(running: Runtime, *codes: str) -> list[str | None]:
    with running.engine.connect() as conn:
        return [sku_scanned(conn, code) for code in codes]


def refusal(client: TestClient, id: str, *barcodes: str) -> list[tuple[str, str]]:
    """(pointer, detail) of every fault of a SKU that is not taken."""
    answer = client.put(f"/v1/skus/{id}", json=sku(*barcodes))
    assert (answer.status_code, answer.json()["code"]) == (409, "barcode_taken")
    faults = answer.json()["errors"]
    assert {fault["code"] for fault in faults} == {"barcode_taken"}
    return [(fault["pointer"], fault["detail"]) for fault in faults]


def test_a_barcode_of_another_sku_is_refused_with_its_place_and_owner(
    client: Client, running: Runtime
) -> None:
    admin = client()
    put(admin, "/v1/skus/A1", sku("400", "401", "A1"))
    assert refusal(admin, "B2", "500", "401", "A1") == [
        ("/barcodes/1", "SKU A1 has this barcode or id"),
        ("/barcodes/2", "SKU A1 has this barcode or id"),
    ]
    assert refusal(admin, "400") == [("path/id", "SKU A1 has this id as a barcode")]
    assert admin.get("/v1/skus/B2").status_code == 404
    assert scanned(running, "400", "401", "A1", "500", "B2") == ["A1", "A1", "A1", None, None]


def test_a_barcode_is_free_again_once_its_sku_gives_it_up(client: Client, running: Runtime) -> None:
    admin = client()
    put(admin, "/v1/skus/A1", sku("400", "401"))
    put(admin, "/v1/skus/A1", sku("401"))
    put(admin, "/v1/skus/B2", sku("400", "400"))
    assert scanned(running, "400", "401", "402") == ["B2", "A1", None]
    put(admin, "/v1/skus/B2", {**sku("400"), "weight_g": 1})
    assert scanned(running, "400") == ["B2"]


def test_of_writers_at_once_one_gets_the_barcode(client: Client, running: Runtime) -> None:
    admin = client()
    at_once = Barrier(4)

    def write(id: str) -> int:
        at_once.wait(10)
        status: int = admin.put(f"/v1/skus/{id}", json=sku("400")).status_code
        return status

    with ThreadPoolExecutor(4) as pool:
        answers = dict(zip("PQRS", pool.map(write, "PQRS"), strict=True))
    assert sorted(answers.values()) == [200, 409, 409, 409]
    assert scanned(running, "400") == [id for id, status in answers.items() if status == 200]


def test_a_batch_may_move_barcodes_and_names_whom_it_cannot_write(engine: Engine) -> None:
    with engine.begin() as conn:
        put_skus(conn, [SkuRow("A", "A", ("1", "2")), SkuRow("B", "B", ("3",)), SkuRow("C", "C", ("4",))])
        swapped = [SkuRow("A", "A", ("3",)), SkuRow("B", "B", ("1",)), SkuRow("2", "Two")]
        assert all(isinstance(outcome, Written) for outcome in put_skus(conn, swapped))
        assert [sku_scanned(conn, code) for code in "123"] == ["B", "2", "A"]
        chain = [SkuRow("A", "A", ("1",)), SkuRow("B", "B", ("4",)), SkuRow("D", "D", ("5",))]
        outcomes = put_skus(conn, chain)
        assert [type(outcome) for outcome in outcomes] == [CodesTaken, CodesTaken, Written]
        assert [sku_scanned(conn, code) for code in "1345"] == ["B", "A", "C", "D"]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO sku (id, name, barcodes) VALUES ('C', 'C', '{1}')",
        "UPDATE sku SET barcodes = '{1}' WHERE id = 'B'",
    ],
)
def test_the_database_itself_keeps_barcodes_apart(engine: Engine, statement: str) -> None:
    with engine.begin() as conn:
        put_skus(conn, [SkuRow("A", "A", ("1",)), SkuRow("B", "B")])
    with pytest.raises(IntegrityError, match="pk_sku_code"), engine.begin() as conn:
        conn.execute(text(statement))


def test_a_file_names_the_row_and_changes_nothing(client: Client, running: Runtime) -> None:
    admin = client()
    small_network(admin)
    put(admin, "/v1/skus/A1", sku("400", "401"))
    skus = "id,weight_g,barcode\nC3,750,7\nC4,1,8|400\n401,1,\n"
    job = admin.get(_sent(admin, running, "k1", skus)).json()
    assert [(f["file"], f["row"], f["column"], f["code"]) for f in job["faults"]] == [
        ("skus.csv", 3, "barcode", "barcode_taken"),
        ("skus.csv", 4, "id", "barcode_taken"),
    ]
    assert all("SKU A1" in fault["detail"] for fault in job["faults"])
    assert admin.get("/v1/skus/C3").status_code == 404
    skus = "id,weight_g,barcode\nC3,750,7|C5\nC4,1,8|7\nC5,1,\n"
    job = admin.get(_sent(admin, running, "k2", skus)).json()
    assert [(f["row"], f["detail"]) for f in job["faults"]] == [
        (2, "C5 is a barcode or the id of C5 in row 4 already"),
        (3, "7 is a barcode or the id of C3 in row 2 already"),
    ]


def test_a_file_may_move_barcodes_across_its_chunks(
    client: Client, running: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = client()
    small_network(admin)
    put(admin, "/v1/skus/A1", sku("400", "401"))
    put(admin, "/v1/skus/B2", sku("402"))
    monkeypatch.setattr(imports, "CHUNK", 1)
    skus = "id,weight_g,barcode\nB2,1,400\nA1,1,402|401\n"
    job = admin.get(_sent(admin, running, "k", skus)).json()
    assert (job["state"], job["faults"]) == ("done", [])
    assert scanned(running, "400", "401", "402") == ["B2", "A1", "A1"]


def test_a_whole_folder_is_judged_against_the_database(running: Runtime, tmp_path: Path) -> None:
    with running.engine.begin() as conn:
        put_skus(conn, [SkuRow("OLD", "Old", ("2000000000015",))])
    folder = read_folder(put_files(tmp_path))
    with pytest.raises(FolderRefused) as refused:
        import_folder(running, SYSTEM, folder, lambda what, done, total: None)
    (fault,) = refused.value.faults
    assert (fault.row, fault.column, fault.code) == (2, "barcode", "barcode_taken")
    with running.engine.connect() as conn:
        assert conn.scalar(text("SELECT count(*) FROM node")) == 0
    assert "2000000000015" in FILES["skus.csv"]


def _sent(admin: TestClient, running: Runtime, key: str, skus: str) -> str:
    queued = send(admin, key, skus=skus)
    run_imports(running)
    location: str = queued.headers["location"]
    return location
