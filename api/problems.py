"""RFC 9457: every "no" leaves the house as application/problem+json. The one table from names to statuses
is here."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import Scope

from api.access import methods_at
from api.faults import faults_of
from api.logs import REQUEST_ID
from api.outages import outage_of
from oms.refusals import Code, Fault, Refusal, Refused
from oms.store.database import OUTAGES

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 1

STATUS: dict[Code, int] = {
    Code.MALFORMED: 400,
    Code.IDEMPOTENCY_KEY_MISSING: 400,
    Code.UNAUTHORISED: 401,
    Code.FORBIDDEN: 403,
    Code.NOT_FOUND: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.TOO_SLOW: 408,
    Code.INSUFFICIENT_STOCK: 409,
    Code.NO_FEASIBLE_PLAN: 409,
    Code.NODE_CAPACITY_EXHAUSTED: 409,
    Code.ILLEGAL_TRANSITION: 409,
    Code.ORDER_EXISTS: 409,
    Code.ALREADY_EXISTS: 409,
    Code.BARCODE_TAKEN: 409,
    Code.IN_USE: 409,
    Code.EXCEEDS_AUTHORISED: 409,
    Code.EXCEEDS_CAPTURED: 409,
    Code.WRONG_CODE: 409,
    Code.CODE_LOCKED: 409,
    Code.RETURN_REFUSED: 409,
    Code.IDEMPOTENCY_IN_PROGRESS: 409,
    Code.NO_CONSENT: 409,
    Code.HELD_FOR_REST: 409,
    Code.RESERVATION_EXPIRED: 410,
    Code.QUOTE_EXPIRED: 410,
    Code.EVENTS_GONE: 410,
    Code.ANSWER_ERASED: 410,
    Code.VERSION_CONFLICT: 412,
    Code.TOO_LARGE: 413,
    Code.UNSUPPORTED_MEDIA_TYPE: 415,
    Code.INVALID: 422,
    Code.UNKNOWN_SKU: 422,
    Code.UNKNOWN_NODE: 422,
    Code.UNKNOWN_OPTION: 422,
    Code.UNKNOWN_QUOTE: 422,
    Code.UNKNOWN_RESERVATION: 422,
    Code.UNKNOWN_LINE: 422,
    Code.UNKNOWN_REASON: 422,
    Code.UNKNOWN_REFUND: 422,
    Code.UNKNOWN_CUSTOMER: 422,
    Code.UNKNOWN_ORDER: 422,
    Code.QUOTE_MISMATCH: 422,
    Code.BAD_QUANTITY: 422,
    Code.BAD_AMOUNT: 422,
    Code.BAD_DESTINATION: 422,
    Code.UNLOCATABLE_DESTINATION: 422,
    Code.DUPLICATE_LINE: 422,
    Code.DUPLICATE_ID: 422,
    Code.TOO_MANY_LINES: 422,
    Code.CURRENCY_MISMATCH: 422,
    Code.TARIFF_HOLE: 422,
    Code.WRONG_BARCODE: 422,
    Code.BAD_SERIALS: 422,
    Code.NOT_A_SUBSTITUTE: 422,
    Code.PROOF_MISSING: 422,
    Code.IDEMPOTENCY_KEY_REUSED: 422,
    Code.RATE_LIMITED: 429,
    Code.HEAD_TOO_LARGE: 431,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
}
"""Status by name; complete, a test says."""

INTERNAL = Refusal(Code.INTERNAL, "Something went wrong on our side; the request id finds it in the log")

TOO_SLOW = Refusal(Code.TOO_SLOW, "The body took too long to arrive; nothing was changed")

_BY_STATUS = {
    404: Refusal(Code.NOT_FOUND, "There is nothing at this address"),
    405: Refusal(Code.METHOD_NOT_ALLOWED, "This address does not answer to that method"),
    408: TOO_SLOW,
    413: Refusal(Code.TOO_LARGE, "The body is larger than this address accepts"),
}
_MALFORMED = Refusal(Code.MALFORMED, "The body cannot be read")


def problem(refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that says no."""
    status = STATUS[refusal.code]
    sent = {**(headers or {}), **retry_after(refusal)}
    if status == 401:
        sent["WWW-Authenticate"] = "Bearer"
    said = document(refusal)
    request_id = REQUEST_ID.get()
    if request_id:
        said["request_id"] = request_id
    return Response(orjson.dumps(said), status, sent, MEDIA_TYPE)


def retry_after(refusal: Refusal) -> dict[str, str]:
    """The header that says when to try again, where that would help."""
    if STATUS[refusal.code] not in (429, 503):
        return {}
    return {"Retry-After": str(refusal.extra.get("retry_after_s", RETRY_AFTER_S))}


def document(refusal: Refusal) -> dict[str, Any]:
    """The members of the answer; `type` is about:blank, the stable name is `code`."""
    return {
        "type": "about:blank",
        "title": refusal.code.value.replace("_", " ").capitalize(),
        "status": STATUS[refusal.code],
        "code": refusal.code.value,
        "detail": refusal.detail,
        "errors": [_fault(fault) for fault in refusal.faults],
        **refusal.extra,
    }


def install(app: FastAPI) -> None:
    """Have every refusal and every expected failure leave as a problem."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)
    for outage in OUTAGES:
        app.add_exception_handler(outage, _unavailable)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return named(request.scope, error.refusal)


async def _unreadable(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return named(request.scope, summarise(faults_of(error)))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    headers = {"Allow": ", ".join(methods_at(request.url.path))} if error.status_code == 405 else {}
    return named(request.scope, _BY_STATUS.get(error.status_code, _MALFORMED), headers)


async def _unavailable(request: Request, error: Exception) -> Response:
    return named(request.scope, outage_of(error))


def named(scope: Scope, refusal: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    """The problem, its name left where log and metrics find it."""
    scope["anyshelf.code"] = refusal.code.value
    return problem(refusal, headers)


def summarise(faults: Iterable[tuple[Code, Fault]]) -> Refusal:
    """One refusal for many faults: the shape is judged before the meaning, and a shared name goes on top."""
    listed = list(faults)
    codes = {code for code, _ in listed}
    faults_only = tuple(fault for _, fault in listed)
    if Code.IDEMPOTENCY_KEY_MISSING in codes and len(codes) == 1:
        detail = "This address changes something: send an Idempotency-Key header"
        return Refusal(Code.IDEMPOTENCY_KEY_MISSING, detail, faults_only)
    if any(STATUS[code] == 400 for code in codes):
        return Refusal(Code.MALFORMED, "The request is not of the documented shape", faults_only)
    shared = codes.pop() if len(codes) == 1 else Code.INVALID
    return Refusal(shared, "The request is well formed, but a value in it has no meaning", faults_only)


def _fault(fault: Fault) -> dict[str, str]:
    return {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}
