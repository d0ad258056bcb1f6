"""The OpenAPI document tells the whole contract, and its examples are taken."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter

from api.access import ACCESS
from api.app import ROUTERS
from api.problems import MEDIA_TYPE, STATUS
from api.wire.base import Wire
from oms.refusals import Code
from tests.api.conftest import Client


@pytest.fixture
def document(client: Client) -> dict[str, Any]:
    """The document as clients get it, without a key."""
    answer = client(None).get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_no_two_bodies_have_one_name(document: dict[str, Any]) -> None:
    """Else they go by the names of our modules, also in the clients that people generate."""
    assert [name for name in document["components"]["schemas"] if "__" in name] == []


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_endpoint_is_described(document: dict[str, Any]) -> None:
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    assert len(operations(document)) == sum(route.include_in_schema for route in routes)
    for method, path, operation in operations(document):
        assert operation["description"], (method, path)
        assert operation["tags"], (method, path)


def test_every_endpoint_says_how_it_refuses(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        if ACCESS[method, path].scope == "public":
            continue
        assert {"400", "401", "403", "429", "500", "503"} <= set(operation["responses"]), (method, path)
        for status, answer in operation["responses"].items():
            if status.startswith(("4", "5")):
                assert MEDIA_TYPE in answer["content"], (method, path, status)
                assert answer["content"][MEDIA_TYPE]["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_problems_have_examples_with_the_names_in_use(document: dict[str, Any]) -> None:
    codes = {
        Code(code) for code in document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]
    }
    assert codes == set(STATUS)
    for _, _, operation in operations(document):
        for status, answer in operation["responses"].items():
            example = answer.get("content", {}).get(MEDIA_TYPE, {}).get("example")
            if example:
                assert STATUS[Code(example["code"])] == int(status) == example["status"]


def test_every_post_that_does_something_asks_for_a_key(document: dict[str, Any]) -> None:
    reads = {"/v1/availability", "/v1/promises", "/v1/routing/plans"}
    for method, path, operation in operations(document):
        if method == "POST" and path not in reads:
            names = {parameter["name"]: parameter for parameter in operation["parameters"]}
            assert names["idempotency-key"]["required"], path


def bodies() -> list[type[BaseModel]]:
    """Every model that goes over the wire, with examples."""

    def below(model: type[BaseModel]) -> list[type[BaseModel]]:
        return [model, *(found for child in model.__subclasses__() for found in below(child))]

    return [model for model in below(Wire) if model.__module__.startswith("api.")]


def examples_of(model: type[BaseModel]) -> list[Any]:
    found: list[Any] = model.model_json_schema().get("examples", [])
    return found


def test_the_examples_are_of_the_documented_shape() -> None:
    shown = [(model, example) for model in bodies() for example in examples_of(model)]
    for model, example in shown:
        TypeAdapter(model).validate_python(example)
    assert len(shown) > 5


def test_the_reference_can_be_read_without_a_script(client: Client) -> None:
    page = client(None).get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "script" not in page.headers["content-security-policy"]
    for _, path in ACCESS:
        assert path in page.text or path == "/docs"
