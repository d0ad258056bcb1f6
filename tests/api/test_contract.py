"""Whatever a client sends, in shape or out of it: no 5xx, and no answer the OpenAPI document does not tell
of."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, checks
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Ok

from api.app import create_app
from oms.actors import Role
from oms.bootstrap import Runtime
from tests.api.conftest import Client, make_key
from tests.api.net import small_network

ENDLESS = {"/v1/events/stream"}
"""Answers that do not end; `test_events` listens to them."""

CHECKS = (
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
)
EXAMPLES = int(os.environ.get("ANYSHELF_EXAMPLES", "5"))
"""Of either kind for each operation; `make soak` asks for more."""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_is_answered_that_is_not_documented(client: Client, running: Runtime) -> None:
    small_network(client())
    headers = {"Authorization": f"Bearer {make_key(running, Role.ADMIN, rate_per_minute=10_000_000)}"}
    schema = schemathesis.openapi.from_asgi("/openapi.json", create_app(running))
    statuses: dict[str, Counter[int]] = {}
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if operation.path not in ENDLESS:
            statuses[operation.label] = probe(operation, headers)
    assert len(statuses) > 40
    taken = [label for label, seen in statuses.items() if any(status < 300 for status in seen)]
    refused = [label for label, seen in statuses.items() if any(400 <= status < 500 for status in seen)]
    assert len(taken) > len(statuses) / 3, statuses
    assert set(refused) >= set(statuses) - {"GET /healthz", "GET /readyz"}


def faulty_head(case: Any) -> bool:
    """Whether the fault may lie in the head alone, where it is undone: the key is put in all the same."""
    head = case.meta.components.get(ParameterLocation.HEADER)
    return head is not None and bool(head.mode.is_negative)


def probe(operation: Any, headers: dict[str, str]) -> Counter[int]:
    """Send an operation what its schema allows and what it does not; count the answers by status."""
    statuses: Counter[int] = Counter()
    takes_input = bool(operation.body) or any(True for _ in operation.iter_parameters())
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)[: 2 if takes_input else 1]:

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            judged = CHECKS if faulty_head(case) else (*CHECKS, checks.negative_data_rejection)
            statuses[case.call_and_validate(headers=headers, checks=judged).status_code] += 1

        ask()
    return statuses
