"""A form counts only from a page of the session it is sent in: asked of every form there is."""

from __future__ import annotations

import re

from fastapi.testclient import TestClient

from oms.actors import Role
from tests.api.walking import filled, forms, sign_in
from tests.checkout.conftest import Shop
from tests.checkout.conftest import shop as shop
from tests.operate.test_people import EVERYTHING

NOT_OURS = "This form is from another session"
WITHOUT_SESSION = {"/app/sign-in"}
"""Opens one."""


def csrf_of(client: TestClient, path: str = "/app/orders") -> str:
    """The token of the client's session, as its pages hold it."""
    (found,) = set(re.findall(r'name="csrf" value="([^"]+)"', client.get(path).text))
    return str(found)


def test_every_form_wants_the_token_of_its_session(shop: Shop) -> None:
    admin, other = sign_in(shop.client(Role.ADMIN)), sign_in(shop.client(Role.ADMIN))
    own, foreign = csrf_of(admin), csrf_of(other)
    assert own != foreign
    before = shop.scalar(EVERYTHING)
    paths = [path for path in forms() if path.startswith("/app/") and path not in WITHOUT_SESSION]
    assert len(paths) > 15
    for path in paths:
        for said in ({}, {"csrf": ""}, {"csrf": own[:-1]}, {"csrf": foreign}):
            answer = admin.post(filled(path), data={"do": "x", **said}, follow_redirects=False)
            assert answer.status_code == 403 and NOT_OURS in answer.text, (path, said)
    assert shop.scalar(EVERYTHING) == before
    for path in sorted(paths, key=lambda path: path == "/app/sign-out"):
        answer = admin.post(filled(path), data={"do": "x", "csrf": own}, follow_redirects=False)
        assert NOT_OURS not in answer.text, path


def test_a_form_of_elsewhere_does_nothing(shop: Shop) -> None:
    assert shop.place("o-1", ("A1", 1), method="ship").status_code == 201
    admin = sign_in(shop.client(Role.ADMIN))
    own, before = csrf_of(admin, "/app/orders/o-1"), shop.scalar(EVERYTHING)
    form = {"do": "cancel", "once": "once-1"}
    for said in ({}, {"csrf": own[::-1]}):
        assert admin.post("/app/orders/o-1", data=form | said).status_code == 403
        assert shop.scalar(EVERYTHING) == before
    assert admin.post("/app/orders/o-1", data=form | {"csrf": own}).status_code == 200
    assert shop.admin.get("/v1/orders/o-1").json()["status"] == "cancelled"


def test_without_a_session_no_form_is_looked_at(shop: Shop) -> None:
    """Nor, of a customer's page, which has none, without the order's token in its address."""
    assert shop.place("o-1", ("A1", 1), method="ship").status_code == 201
    before = shop.scalar(EVERYTHING)
    for path in set(forms()) - WITHOUT_SESSION:
        for token in ("", "?token=x"):
            asked = filled(path, "o-1") + token
            answer = shop.admin.post(asked, data={"do": "cancel", "csrf": ""}, follow_redirects=False)
            if path.startswith("/track"):
                assert answer.status_code == 404, asked
            else:
                assert answer.headers["location"].startswith("/app/sign-in?to="), asked
    assert shop.scalar(EVERYTHING) == before
