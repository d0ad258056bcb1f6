"""The OpenAPI document as a page to read: made here, needs no script and nothing from elsewhere."""

import json
from itertools import groupby
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader

from api.guard import routes
from oms.adapters.ids import new_secret

router = routes("docs")

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "pages" / "templates"), autoescape=True
)


@router.get("/", include_in_schema=False)
async def go_to_pages() -> Response:
    """People who type the bare address mean the pages."""
    return RedirectResponse("/app/", 303)


@router.get("/docs", include_in_schema=False)
async def show_docs(request: Request) -> Response:
    """The reference of all endpoints, by room."""
    document = request.app.openapi()
    operations = [
        {**operation, "method": method.upper(), "path": path, "example": _example(document, operation)}
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    operations.sort(key=_tag)
    groups = [(tag, list(found)) for tag, found in groupby(operations, key=_tag)]
    nonce = new_secret()
    page = TEMPLATES.get_template("docs.html").render(api=document, groups=groups, nonce=nonce)
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; frame-ancestors 'none'; base-uri 'none'"
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def _tag(operation: dict[str, Any]) -> str:
    return str(operation["tags"][0])


def _example(document: dict[str, Any], operation: dict[str, Any]) -> str | None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    examples = document["components"]["schemas"].get(name, {}).get("examples")
    return json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else None
