"""Reasons, rules of work, rules of returns: documents that are put whole; until then the usual ones hold."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.deps import Caller, Running
from api.etag import ExpectedVersion
from api.guard import routes
from api.routes.network import get_document, put_document
from api.wire.network import Stored
from api.wire.rules import ReasonsBody, ReturnPolicyBody, WorkBody
from oms.network_load import Kind

router: APIRouter = routes("rules")


@router.put("/v1/reasons", response_model=Stored)
def put_reasons(body: ReasonsBody, caller: Caller, running: Running, expected: ExpectedVersion) -> Response:
    """Store all reason codes with their consequences."""
    return put_document(running, caller, Kind.REASONS, Kind.REASONS, body.document(), expected)


@router.get("/v1/reasons", response_model=Stored)
def get_reasons(running: Running) -> Response:
    """All reason codes; version 0 are the usual ones."""
    return get_document(running, Kind.REASONS, Kind.REASONS)


@router.put("/v1/work", response_model=Stored)
def put_work(body: WorkBody, caller: Caller, running: Running, expected: ExpectedVersion) -> Response:
    """Store how nodes work: offers, time an order takes, caps of pick waves, alarms, proof at the door."""
    return put_document(running, caller, Kind.WORK, Kind.WORK, body.document(), expected)


@router.get("/v1/work", response_model=Stored)
def get_work(running: Running) -> Response:
    """How nodes work; version 0 are the usual rules."""
    return get_document(running, Kind.WORK, Kind.WORK)


@router.put("/v1/return-policy", response_model=Stored)
def put_return_policy(
    body: ReturnPolicyBody, caller: Caller, running: Running, expected: ExpectedVersion
) -> Response:
    """Store what is taken back, for how long, and what becomes of it."""
    return put_document(running, caller, Kind.RETURNS, Kind.RETURNS, body.document(), expected)


@router.get("/v1/return-policy", response_model=Stored)
def get_return_policy(running: Running) -> Response:
    """What is taken back; version 0 are the usual rules."""
    return get_document(running, Kind.RETURNS, Kind.RETURNS)
