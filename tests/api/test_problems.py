"""Every bad request is a named problem with the place of the fault; nothing of it comes back, nothing
breaks."""

from typing import Any

import pytest
from httpx import Response

from api.problems import STATUS
from oms.actors import Role
from oms.refusals import Code
from tests.api.conftest import Client

KEY = {"Idempotency-Key": "k1", "Content-Type": "application/json"}


def assert_problem(answer: Response, status: int, code: str) -> dict[str, Any]:
    """It is a complete problem of that name; returned for more."""
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"].startswith("req_")
    document: dict[str, Any] = answer.json()
    assert document["status"] == status
    assert document["type"] == "about:blank"
    return document


def test_every_name_has_a_status() -> None:
    assert set(STATUS) == set(Code)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut short"),
        pytest.param(b'{"name":"a","role":"admin",}', id="comma at the end"),
        pytest.param(b'{"name":"a","role":"admin","rate_per_minute":NaN}', id="NaN"),
        pytest.param(b'{"name":"a","role":"admin","rate_per_minute":-Infinity}', id="infinity"),
        pytest.param(b'{"name":"\xff","role":"admin"}', id="not UTF-8"),
        pytest.param('{"name":"a","role":"admin"}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'{"name":"\\ud800","role":"admin"}', id="half a surrogate pair"),
        pytest.param(b'{"name":"a\\u0000b","role":"admin"}', id="NUL in text"),
        pytest.param(b'{"name":"a","role":"admin","\\u0000":1}', id="NUL in a name"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="a hundred thousand levels"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"text"', id="text"),
    ],
)
def test_unreadable_bodies_are_malformed(client: Client, body: bytes) -> None:
    document = assert_problem(client().post("/v1/keys", content=body, headers=KEY), 400, "malformed")
    assert document["errors"], "the place of the fault"


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"name": "a",\n "role": }', "Not JSON at line 2, column 10"),
        (b'{"name": "\xff"}', "Not UTF-8 at byte 11"),
        (b"\xef\xbb\xbf{}", "The body begins with a byte order mark; send plain UTF-8"),
        (b'{"name": "a\\u0000"}', "Text may not hold the character U+0000"),
    ],
)
def test_an_unreadable_body_says_where_reading_stopped(client: Client, body: bytes, detail: str) -> None:
    document = assert_problem(client().post("/v1/keys", content=body, headers=KEY), 400, "malformed")
    assert document["errors"] == [{"pointer": "", "code": "bad_json", "detail": detail}]


def test_a_fault_says_what_would_do(client: Client) -> None:
    body = {"name": "", "role": "king", "channels": ["Not A Word"], "rate_per_minute": 0}
    answer = client().post("/v1/keys", json=body, headers={"Idempotency-Key": "k1"})
    said = {found["pointer"]: found["detail"] for found in answer.json()["errors"]}
    assert said["/name"] == "Has to be at least 1 long"
    assert said["/role"].startswith("Has to be 'storefront', ")
    assert said["/channels/0"].startswith("Only small letters")
    assert said["/rate_per_minute"] == "Has to be at least 1"


@pytest.mark.parametrize(
    ("change", "status", "pointer", "fault"),
    [
        ({"role": 1}, 422, "/role", "unknown_value"),
        ({"role": "king"}, 422, "/role", "unknown_value"),
        ({"name": 1}, 400, "/name", "wrong_type"),
        ({"name": None}, 400, "/name", "wrong_type"),
        ({"name": ""}, 422, "/name", "bad_length"),
        ({"name": "x" * 501}, 422, "/name", "bad_length"),
        ({"surprise": 1}, 400, "/surprise", "unknown_member"),
        ({"rate_per_minute": "60"}, 400, "/rate_per_minute", "wrong_type"),
        ({"rate_per_minute": 1.5}, 400, "/rate_per_minute", "wrong_type"),
        ({"rate_per_minute": True}, 400, "/rate_per_minute", "wrong_type"),
        ({"rate_per_minute": 0}, 422, "/rate_per_minute", "out_of_range"),
        ({"rate_per_minute": 10**18}, 422, "/rate_per_minute", "out_of_range"),
        ({"rate_per_minute": 10**40}, 400, "/rate_per_minute", "wrong_type"),
        ({"channels": "web"}, 400, "/channels", "wrong_type"),
        ({"channels": ["web", "Not A Word"]}, 422, "/channels/1", "bad_format"),
        ({"channels": [["web"]]}, 400, "/channels/0", "wrong_type"),
    ],
)
def test_a_fault_has_a_place_and_a_kind(
    client: Client, change: dict[str, Any], status: int, pointer: str, fault: str
) -> None:
    body = {"name": "a", "role": "admin"} | change
    answer = client().post("/v1/keys", json=body, headers={"Idempotency-Key": "k1"})
    document = assert_problem(answer, status, "malformed" if status == 400 else "invalid")
    assert [(found["pointer"], found["code"]) for found in document["errors"]] == [(pointer, fault)]


def test_a_missing_member_is_pointed_at(client: Client) -> None:
    document = assert_problem(client().post("/v1/keys", json={"name": "a"}, headers=KEY), 400, "malformed")
    assert [(found["pointer"], found["code"]) for found in document["errors"]] == [("/role", "missing")]


def test_nothing_of_the_input_comes_back(client: Client) -> None:
    body = {"name": 1, "role": "s3cret-value", "rate_per_minute": "s3cret-value", "channels": "s3cret-value"}
    answer = client().post("/v1/keys", json=body, headers={"Idempotency-Key": "k1"})
    assert "s3cret" not in assert_problem(answer, 400, "malformed").__str__()


def test_the_idempotency_key_is_asked_for(client: Client) -> None:
    answer = client().post("/v1/keys", json={"name": "a", "role": "admin"})
    document = assert_problem(answer, 400, "idempotency_key_missing")
    assert document["errors"][0]["pointer"] == "header/idempotency-key"


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, "ключ".encode()])
def test_a_bad_idempotency_key_is_malformed(client: Client, key: str | bytes) -> None:
    answer = client().post("/v1/keys", json={"name": "a", "role": "admin"}, headers={b"Idempotency-Key": key})
    assert_problem(answer, 400, "malformed")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", ""])
def test_only_json_is_read(client: Client, kind: str) -> None:
    headers = {"Idempotency-Key": "k1", "Content-Type": kind}
    answer = client().post("/v1/keys", content=b'{"name":"a","role":"admin"}', headers=headers)
    assert_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/JSON", "application/a+json"]
)
def test_json_by_any_of_its_names(client: Client, kind: str) -> None:
    headers = {"Idempotency-Key": "k1", "Content-Type": kind}
    answer = client().post("/v1/keys", content=b'{"name":"a","role":"admin"}', headers=headers)
    assert answer.status_code == 201


def test_a_huge_body_is_refused_before_it_is_read(client: Client) -> None:
    big = b'{"name":"' + b"x" * 3_000_000 + b'"}'
    assert_problem(client().post("/v1/keys", content=big, headers=KEY), 413, "too_large")


def test_a_huge_body_that_does_not_say_so_is_refused_too(client: Client) -> None:
    pieces = (b"x" * 100_000 for _ in range(40))
    assert_problem(client().post("/v1/keys", content=pieces, headers=KEY), 413, "too_large")


def test_unknown_addresses_and_methods(client: Client) -> None:
    assert_problem(client().get("/v1/nothing"), 404, "not_found")
    assert_problem(client().get("/v1/keys/"), 404, "not_found")
    answer = client().put("/v1/keys", json={})
    assert_problem(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=many", "cursor=%00", "cursor=!!", "cursor=W10"]
)
def test_bad_questions(client: Client, query: str) -> None:
    answer = client().get(f"/v1/keys?{query}")
    assert answer.status_code in (400, 422)
    assert_problem(answer, answer.status_code, answer.json()["code"])


def test_a_stranger_learns_nothing(client: Client) -> None:
    answer = client(None).get("/v1/keys")
    assert_problem(answer, 401, "unauthorised")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert_problem(client(None).post("/v1/keys", content=b"{"), 401, "unauthorised")


@pytest.mark.parametrize("role", [Role.STOREFRONT, Role.STAFF, Role.COURIER, Role.BACKOFFICE])
def test_the_wrong_role_is_forbidden_before_the_body_is_read(client: Client, role: Role) -> None:
    assert_problem(client(role).post("/v1/keys", content=b"{", headers=KEY), 403, "forbidden")


def test_every_answer_carries_the_security_headers(client: Client) -> None:
    for answer in (client().get("/v1/keys"), client().get("/nothing"), client(None).get("/healthz")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
