"""The OpenAPI document as a page to read: made here, needs no script and nothing from elsewhere."""

import json
from itertools import groupby
from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from api.guard import routes
from api.pages.render import page

router = routes("docs")


@router.get("/", include_in_schema=False)
async def go_to_pages() -> Response:
    """People who type the bare address mean the pages."""
    return RedirectResponse("/app/", 303)


@router.get("/docs", include_in_schema=False)
async def show_docs(request: Request) -> Response:
    """The reference of all endpoints, by room."""
    document = request.app.openapi()
    operations = [
        {
            "description": "",
            **said,
            "method": method.upper(),
            "path": path,
            "example": _example(document, said),
        }
        for path, methods in document["paths"].items()
        for method, said in methods.items()
    ]
    operations.sort(key=_tag)
    groups = [(tag, list(found)) for tag, found in groupby(operations, key=_tag)]
    return page("docs.html", api=document, groups=groups)


def _tag(operation: dict[str, Any]) -> str:
    return str(operation["tags"][0])


def _example(document: dict[str, Any], operation: dict[str, Any]) -> str | None:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    examples = document["components"]["schemas"].get(name, {}).get("examples")
    return json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else None
