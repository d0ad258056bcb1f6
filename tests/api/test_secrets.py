"""No secret is compared byte by byte until one differs: how long a no takes tells nothing of it."""

from __future__ import annotations

import ast
import hmac
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.pages import session
from oms.actors import SYSTEM, Role
from oms.usecases.keys import rotate_key
from oms.work import transact
from tests.api.test_sessions import Visitor
from tests.checkout.conftest import Shop
from tests.checkout.conftest import shop as shop
from tests.handover.test_pickups import waiting

ROOT = Path(__file__).parents[2]
SECRET = frozenset({"secret", "csrf", "token", "signature", "presented", "password", "hash", "digits"})
"""What a secret, or what is made of it, is called; at a counter a code is one too."""
CODES = frozenset({"pickup.py", "pickups.py", "collecting.py", "counter.py", "signer.py"})


def called(node: ast.expr) -> str:
    """The last name in an operand: `held.hash`, `hash[:4]` and `hash.encode()` are a `hash`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "encode":
        return called(node.func.value)
    if isinstance(node, ast.Call):
        return called(node.func)
    if isinstance(node, ast.Subscript):
        return called(node.value)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def compared(source: str, secret: frozenset[str] = SECRET) -> list[str]:
    """Each `==` and `!=` at which something is called like a secret."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        and any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops)
        and any(called(one).strip("_") in secret for one in (node.left, *node.comparators))
    ]


def test_no_secret_is_compared_with_an_operator() -> None:
    rooms = [file for room in ("api", "oms", "inventory") for file in (ROOT / room).rglob("*.py")]
    found = {
        str(file.relative_to(ROOT)): compared(
            file.read_text(encoding="utf-8"), SECRET | {"code"} if file.name in CODES else SECRET
        )
        for file in rooms
    }
    assert len(found) > 300
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        "found[0].hash == shown",
        "if sent != self.csrf: pass",
        "any(_digits(key) == code for key in keys)",
        "session.csrf.encode() == sent.encode()",
        "select(api_key).where(api_key.c.hash == made)",
        "token[:10] == asked",
    ],
)
def test_such_a_comparison_would_be_found(line: str) -> None:
    assert compared(line)


Door = Callable[[Shop], Callable[[bool], bool]]


def bearer(shop: Shop) -> Callable[[bool], bool]:
    key = shop.admin.headers["authorization"]

    def knock(right: bool) -> bool:
        headers = {"Authorization": key if right else altered(key)}
        return bool(shop.admin.get("/v1/orders", headers=headers).status_code == 200)

    return knock


def quick(shop: Shop) -> Callable[[bool], bool]:
    key = shop.web.headers["authorization"]

    def knock(right: bool) -> bool:
        headers = {"Authorization": key if right else altered(key)}
        asked = shop.web.post("/v1/availability", json={"skus": ["A1"]}, headers=headers)
        return bool(asked.status_code == 200)

    return knock


def former(shop: Shop) -> Callable[[bool], bool]:
    key = shop.client(Role.BACKOFFICE).headers["authorization"].split()[1]
    transact(shop.runtime, SYSTEM, lambda work: rotate_key(work, key.partition(".")[0], timedelta(hours=1)))
    shop.runtime.refresher.look()
    return lambda right: shop.runtime.keys.open(key if right else altered(key)) is not None


def signing_in(shop: Shop) -> Callable[[bool], bool]:
    key = shop.client(Role.BACKOFFICE).headers["authorization"].split()[1]

    def knock(right: bool) -> bool:
        tab = Visitor(shop.runtime).tab
        answer = tab.post("/app/sign-in", data={"key": key if right else altered(key)})
        return bool(answer.status_code == 303)

    return knock


def cookie(shop: Shop) -> Callable[[bool], bool]:
    key = shop.client(Role.BACKOFFICE).headers["authorization"].split()[1]
    name, _, signed = Visitor.signed_in(shop.runtime, key).cookie.partition("=")
    return lambda right: Visitor(shop.runtime, f"{name}={signed if right else altered(signed)}").inside


def form(shop: Shop) -> Callable[[bool], bool]:
    key = shop.client(Role.BACKOFFICE).headers["authorization"].split()[1]
    mine = Visitor.signed_in(shop.runtime, key)
    said = shop.runtime.signer.read("session", mine.cookie.partition("=")[2])["csrf"]

    def knock(right: bool) -> bool:
        answer = mine.tab.post("/app/sign-out", data={"csrf": said if right else altered(said)})
        return bool(answer.status_code == 303)

    return knock


def order_token(shop: Shop) -> Callable[[bool], bool]:
    assert shop.place("o-9", ("A1", 1), method="ship").status_code == 201
    token = shop.admin.get("/v1/orders/o-9").json()["order_token"]

    def knock(right: bool) -> bool:
        told = shop.web.get("/v1/orders/o-9", params={"token": token if right else altered(token)})
        return "destination" in told.json() and told.json()["destination"] is not None

    return knock


def at_counter(shop: Shop, what: str) -> Callable[[bool], bool]:
    id, order = waiting(shop, ("A1", 1))
    said = order["pickups"][0][what]

    def knock(right: bool) -> bool:
        shown = {what: said if right else altered(said)}
        return bool(shop.post(f"/v1/pickups/{id}/verify", shown, shop.admin).status_code == 200)

    return knock


def quote(shop: Shop) -> Callable[[bool], bool]:
    shown = shop.promises(("A1", 1), methods=["ship"])
    wish = {"option_id": shown["options"][0]["option_id"], "ttl_s": 60}

    def knock(right: bool) -> bool:
        said = shown["quote_id"] if right else altered(shown["quote_id"])
        return bool(shop.post("/v1/reservations", wish | {"quote_id": said}).status_code == 201)

    return knock


def altered(secret: str) -> str:
    """The same with its second half turned round a little: as long, and wrong late."""
    at = len(secret) - 3
    other = {"0": "1", "A": "B"}.get(secret[at], "0" if secret[at].isdigit() else "A")
    return secret[:at] + other + secret[at + 1 :]


DOORS: dict[str, Door] = {
    "an API key": bearer,
    "an API key on the short way": quick,
    "a former secret of a key": former,
    "signing in": signing_in,
    "the cookie of a session": cookie,
    "the token of a form": form,
    "the token of an order": order_token,
    "the code of a pickup": lambda shop: at_counter(shop, "code"),
    "the token of a pickup": lambda shop: at_counter(shop, "token"),
    "a quote": quote,
}


@pytest.mark.parametrize("door", DOORS.values(), ids=list(DOORS))
def test_every_door_compares_all_of_a_secret(shop: Shop, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    knock = door(shop)
    lengths: list[tuple[int, int]] = []

    def watched(one: Any, other: Any) -> bool:
        lengths.append((len(one), len(other)))
        return real(one, other)

    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", watched)
    monkeypatch.setattr(session, "compare_digest", watched)
    assert not knock(False)
    assert lengths and all(one == other for one, other in lengths), "each as long as the other"
    lengths.clear()
    assert knock(True) and lengths
