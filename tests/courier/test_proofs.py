"""Pictures taken at the door: before or after the report, once, judged by their bytes, seen by few,
forgotten.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from oms.actors import Role
from oms.courier.proof import BYTES_MOST, OF_A_STOP_MOST
from oms.usecases.retention import forget_personal
from tests.courier.conftest import Road

STOP = "o-1-1-a1"
KIM = {"email": "kim@example.com", "name": "Kim Doe"}


def picture(shade: int = 0, kind: str = "JPEG") -> bytes:
    """A small picture of one grey."""
    held = BytesIO()
    Image.new("L", (40, 30), shade).save(held, kind)
    return held.getvalue()


def named(content: bytes) -> str:
    return sha256(content).hexdigest()


def address(content: bytes, stop: str = STOP) -> str:
    return f"/v1/courier/stops/{stop}/proofs/{named(content)}"


def put(client: TestClient, content: bytes, path: str = "") -> tuple[int, Any]:
    answer = client.put(path or address(content), content=content)
    return answer.status_code, answer.json()


@pytest.fixture
def out(road: Road) -> Road:
    """A courier with an order of Kim's to bring."""
    road.run(road.ready("o-1", ("A1", 2), customer=KIM))
    return road


def shown(road: Road) -> Any:
    run = road.driver.get("/v1/courier/runs").json()["items"][0]["id"]
    return road.stop(run, STOP)


def test_a_picture_comes_after_the_report_that_names_it(out: Road) -> None:
    photo, signature = picture(1), picture(2, "PNG")
    proof = {"photo": named(photo), "signature": named(signature)}
    out.tell(STOP, "completed", outcome="delivered", proof=proof)
    assert shown(out)["evidence_pending"] == sorted(proof.values()) and shown(out)["proofs"] == []
    assert put(out.driver, photo)[0] == 201
    assert shown(out)["evidence_pending"] == [named(signature)]
    assert put(out.driver, signature)[1]["media_type"] == "image/png"
    assert shown(out)["evidence_pending"] == []
    served = out.driver.get(address(photo))
    assert (served.content, served.headers["content-type"]) == (photo, "image/jpeg")
    assert served.headers["x-content-type-options"] == "nosniff"
    told = "SELECT count(*) FROM outbox WHERE type = 'stop.proof_kept' AND subject_id = 'o-1'"
    assert out.shop.scalar(told) == 2


def test_a_picture_comes_first_and_the_same_again_changes_nothing(out: Road) -> None:
    photo = picture()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: put(out.driver, photo), range(4)))
    assert sorted(status for status, _ in answers) == [200, 200, 200, 201]
    assert {said["sha256"] for _, said in answers} == {named(photo)}
    out.tell(STOP, "completed", outcome="delivered", proof={"photo": named(photo)})
    assert shown(out)["evidence_pending"] == []
    assert put(out.driver, photo)[0] == 200
    assert out.shop.scalar("SELECT count(*) FROM courier_proof") == 1


def test_what_the_rules_want_is_missed_by_name_and_the_event_may_come_again(out: Road) -> None:
    wanted = {"proof": {"photo": "required", "signature": "required"}}
    assert out.shop.admin.put("/v1/work", json=wanted).status_code == 200
    bare = out.event(STOP, "completed", outcome="delivered", proof={"signature": named(picture())})
    (missed,) = out.send(bare)
    assert (missed["result"], missed["code"]) == ("rejected", "proof_missing")
    assert [one["pointer"] for one in missed["errors"]] == ["/events/0/proof/photo"]
    assert out.line("o-1")["delivered"] == 0
    both = {"photo": named(picture()), "signature": named(picture())}
    assert out.send({**bare, "proof": both})[0]["result"] == "applied"


def test_bytes_are_judged_and_not_their_name(out: Road) -> None:
    for content in (
        b"",
        b"GIF89a",
        b"<html><script>1</script>",
        picture(kind="GIF"),
        picture(kind="PNG")[:60],
    ):
        path, headers = address(content), {"Content-Type": "image/jpeg"}
        answer = out.driver.put(path, content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type"), content[:9]
    status, said = put(out.driver, picture(1), address(picture(2)))
    assert (status, said["code"], said["errors"][0]["pointer"]) == (422, "invalid", "path/sha256")
    assert put(out.driver, picture() + bytes(BYTES_MOST))[0] == 413
    assert put(out.driver, picture(), f"/v1/courier/stops/{STOP}/proofs/nonsense")[0] == 422
    for shade in range(OF_A_STOP_MOST):
        assert put(out.driver, picture(shade))[0] == 201
    assert put(out.driver, picture(99))[1]["code"] == "invalid"
    assert put(out.driver, picture(0))[0] == 200


def test_the_database_keeps_no_bytes_under_another_name(out: Road) -> None:
    put(out.driver, picture())
    with pytest.raises(IntegrityError, match="named_by_its_bytes"), out.shop.runtime.engine.begin() as conn:
        conn.execute(text("UPDATE courier_proof SET content = 'other'"))


def test_only_who_may_see_the_stop_sees_and_brings_its_pictures(out: Road) -> None:
    photo, make = picture(), out.shop.client
    assert put(out.driver, photo)[0] == 201
    for seeing in (out.driver, out.staff, out.shop.admin, make(Role.BACKOFFICE)):
        assert seeing.get(address(photo)).content == photo
    for blind in (make(Role.COURIER), make(Role.STAFF, nodes=["ST-2"])):
        assert blind.get(address(photo)).status_code == 404
        assert put(blind, picture(5))[0] == 404
    assert out.shop.web.get(address(photo)).status_code == 403
    assert put(out.driver, photo, address(photo, "nowhere-1-a1"))[0] == 404
    assert out.driver.get(address(picture(9))).status_code == 404


def test_pictures_go_with_the_customer_and_none_comes_after(out: Road) -> None:
    photo = picture()
    out.tell(STOP, "completed", outcome="delivered", proof={"photo": named(photo)})
    assert put(out.driver, photo)[0] == 201
    who = out.shop.admin.get("/v1/orders/o-1").json()["customer_id"]
    (kept,) = out.shop.admin.get(f"/v1/customers/{who}/export").json()["pictures_at_the_door"]
    assert kept["order_id"] == "o-1" and len(kept["content_base64"]) > 100
    erased = out.shop.post(f"/v1/customers/{who}/erase", {"reason": "asked"}, out.shop.admin)
    assert erased.status_code == 200, erased.text
    assert out.shop.scalar("SELECT count(*) FROM courier_proof") == 0
    status, said = put(out.driver, photo)
    assert (status, said["code"]) == (409, "illegal_transition")
    assert (shown(out)["proofs"], shown(out)["evidence_pending"]) == ([], [])


def test_pictures_go_by_themselves_when_their_time_is_over(out: Road) -> None:
    assert put(out.driver, picture())[0] == 201
    assert out.shop.admin.put("/v1/retention", json={"courier_days": 30}).status_code == 200
    out.shop.runtime.refresher.look()
    out.shop.watch.forward(days=29)
    assert forget_personal(out.shop.runtime)["pictures"] == 0
    out.shop.watch.forward(days=2)
    assert forget_personal(out.shop.runtime)["pictures"] == 1
    assert out.shop.scalar("SELECT count(*) FROM courier_proof") == 0
