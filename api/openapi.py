"""The OpenAPI document: FastAPI's, plus the problems every endpoint may answer with and who may ask."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.access import ACCESS, Rule
from api.outages import GONE
from api.problems import MEDIA_TYPE, STATUS, document
from oms.refusals import Code, Fault, Refusal

DESCRIPTION = (
    "Order management and fulfilment routing. Errors are RFC 9457 problems with a stable `code` and "
    "`errors: [{pointer, code, detail}]`. Lists go by opaque cursor. POSTs that create or move "
    "something want an `Idempotency-Key`."
)

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": [code.value for code in Code]},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

_EXAMPLES: dict[int, Refusal] = {
    STATUS[code]: Refusal(code, detail, faults)
    for code, detail, faults in [
        (
            Code.MALFORMED,
            "The request is not of the documented shape",
            (Fault("/lines/0/quantity", "wrong_type", "Has to be a whole number"),),
        ),
        (Code.UNAUTHORISED, "Send a living API key as `Authorization: Bearer KEY`", ()),
        (Code.FORBIDDEN, "This key's role may not do that", ()),
        (Code.NOT_FOUND, "There is no such order", ()),
        (
            Code.INSUFFICIENT_STOCK,
            "There is not enough of it",
            (Fault("/lines/0", "insufficient_stock", "3 left"),),
        ),
        (Code.RESERVATION_EXPIRED, "The reservation has run out", ()),
        (Code.VERSION_CONFLICT, "It has changed since you read it", ()),
        (Code.TOO_LARGE, "The body is larger than this address accepts", ()),
        (Code.UNSUPPORTED_MEDIA_TYPE, "Send JSON, with Content-Type: application/json", ()),
        (
            Code.UNKNOWN_SKU,
            "The request is well formed, but a value in it has no meaning",
            (Fault("/lines/0/sku", "unknown_sku", "No such SKU"),),
        ),
        (Code.RATE_LIMITED, "Too many requests with this key; slow down", ()),
        (Code.UNAVAILABLE, GONE.detail, ()),
    ]
}


def describe(app: FastAPI) -> None:
    """Have `app.openapi()` say all of it; built once, on first request."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents


def _build(app: FastAPI) -> dict[str, Any]:
    found = get_openapi(title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes)
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            _complete(operation, method, ACCESS.get((method.upper(), path)))
    return found


def _complete(operation: dict[str, Any], method: str, rule: Rule | None) -> None:
    public = rule is not None and rule.scope == "public"
    statuses = {500}
    if not public:
        operation["security"] = [{"key": []}]
        statuses |= {400, 401, 403, 429}
    if rule is not None and not public:
        operation["x-roles"] = sorted(rule.roles)
    if "parameters" in operation or "requestBody" in operation:
        statuses |= {400, 422}
    if any(parameter["in"] == "path" for parameter in operation.get("parameters", ())):
        statuses |= {404}
    if any(parameter["name"].lower() == "if-match" for parameter in operation.get("parameters", ())):
        statuses |= {412}
    if "requestBody" in operation:
        statuses |= {408, 413, 415}
    if method != "get":
        statuses |= {404, 409}
    if not public:
        statuses |= {503}
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422", "")):
        del responses["422"]
    for status in sorted(statuses):
        responses.setdefault(str(status), _problem(status))


def _problem(status: int) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": {"$ref": "#/components/schemas/Problem"}}
    if status in _EXAMPLES:
        content["example"] = document(_EXAMPLES[status])
    codes = ", ".join(f"`{code}`" for code, its in STATUS.items() if its == status)
    return {"description": codes, "content": {MEDIA_TYPE: content}}
