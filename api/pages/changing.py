"""Changing how an order comes, as forms say it: first what it would mean, then the same again, confirmed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from fastapi import Response

from api.pages.desk import Desk
from oms.refusals import Code, refuse

ADDRESS = ("name", "street", "city", "postcode", "country")


def destination(desk: Desk) -> dict[str, Any]:
    """The address a form says."""
    return {name: desk.form.some(name) for name in ADDRESS}


def preview(desk: Desk, id: str, kind: str, body: Mapping[str, Any], template: str, **more: Any) -> Response:
    """A page of what the change would mean, before anybody confirms it. Raises Refused."""
    found = desk.call(f"/v1/orders/{{id}}/{kind}", body, id=id)
    nodes = {node.id: node for node in desk.running.networks.current.spec.nodes}
    said = orjson.dumps(body).decode()
    return desk.page(template, id=id, kind=kind, body=said, found=found, nodes=nodes, **more)


def confirmed(desk: Desk, id: str, kinds: Collection[str]) -> Any:
    """The change that was previewed, made. ``kinds``: those open to who asks. Raises Refused."""
    kind = desk.form.text("kind")
    try:
        body = orjson.loads(desk.form.text("body"))
    except orjson.JSONDecodeError:
        body = None
    if kind not in kinds or not isinstance(body, dict):
        raise refuse(Code.MALFORMED, "This form names no change that was previewed")
    chosen = {"quote_id": desk.form.text("quote"), "option_id": desk.form.text("option")}
    return desk.call(f"/v1/orders/{{id}}/{kind}", body | {"confirm": chosen}, id=id)
