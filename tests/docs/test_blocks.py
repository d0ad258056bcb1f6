"""The comparison the other tests of documents stand on notices what it should."""

from __future__ import annotations

from typing import Any

import pytest

from tests.docs.blocks import differences, documents


@pytest.mark.parametrize(
    ("shown", "found", "faults"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, 0),
        ({"a": "…"}, {"a": [1, 2]}, 0),
        ({"a": {"b": [1, "…"]}}, {"a": {"b": [1, 7]}}, 0),
        ({"a": 1}, {"b": 1}, 1),
        ({"a": 1}, {"a": 2}, 1),
        ({"a": [1]}, {"a": [1, 2]}, 1),
        ({"a": []}, {"a": [1]}, 1),
        ([{"a": 1}, 2], [{"a": 2}, 3], 2),
        ({"a": {}}, {"a": 5}, 1),
    ],
)
def test_an_answer_that_is_not_the_one_shown_is_noticed(shown: Any, found: Any, faults: int) -> None:
    assert len(list(differences(shown, found))) == faults


def test_documents_may_follow_one_another_without_anything_between() -> None:
    assert documents('{"a": 1}{"b": 2}\n200\n') == [{"a": 1}, {"b": 2}, 200]
