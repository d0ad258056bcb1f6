"""Tokens: what was signed is read again, and nothing else is."""

from __future__ import annotations

import pytest

from oms.adapters.signer import LONG, BadToken, Signer

DOCUMENTS = {"short": [1, "ä", None], "long": ["x" * LONG, 2]}


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_what_was_signed_is_read_by_every_process_that_knows_the_key(document: list[object]) -> None:
    token = Signer(["old", "new"]).sign("quote", document)
    assert Signer(["new"]).read("quote", token) == document
    assert Signer(["old", "new", "newer"]).read("quote", token) == document
    for reader, purpose, text in (
        (Signer(["old"]), "quote", token),
        (Signer(["new"]), "link", token),
        (Signer(["new"]), "quote", token[:-1]),
        (Signer(["new"]), "quote", ("a" if token[0] != "a" else "b") + token[1:]),
    ):
        with pytest.raises(BadToken):
            reader.read(purpose, text)


def test_long_documents_travel_compressed() -> None:
    assert len(Signer(["key"]).sign("quote", DOCUMENTS["long"])) < 200
