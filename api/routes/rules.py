"""Reasons, rules of work, of returns and of retention: documents that are put whole; until then
the usual ones hold."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.deps import Caller, Running, reply
from api.etag import ExpectedVersion
from api.guard import routes
from api.routes.network import get_document, put_document
from api.wire.network import Stored
from api.wire.rules import (
    ReasonsBody,
    RetentionBody,
    ReturnPolicyBody,
    SafetyRulesBody,
    SafetyRunShown,
    WorkBody,
)
from oms.memory.network_load import Kind
from oms.usecases.safety_runs import get_run

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


@router.put("/v1/retention", response_model=Stored)
def put_retention(
    body: RetentionBody, caller: Caller, running: Running, expected: ExpectedVersion
) -> Response:
    """Store how long contacts, addresses, reports of couriers, events and movements are kept."""
    return put_document(running, caller, Kind.RETENTION, Kind.RETENTION, body.document(), expected)


@router.get("/v1/retention", response_model=Stored)
def get_retention(running: Running) -> Response:
    """How long things are kept; version 0 is the usual: for ever, answers to requests a day."""
    return get_document(running, Kind.RETENTION, Kind.RETENTION)


@router.put("/v1/safety-stock", response_model=Stored)
def put_safety_rules(
    body: SafetyRulesBody, caller: Caller, running: Running, expected: ExpectedVersion
) -> Response:
    """Store which nodes' safety stocks are reckoned every night, and set where a rule says so."""
    return put_document(running, caller, Kind.SAFETY_STOCK, Kind.SAFETY_STOCK, body.document(), expected)


@router.get("/v1/safety-stock", response_model=Stored)
def get_safety_rules(running: Running) -> Response:
    """Which nodes' safety stocks are reckoned; version 0 is the usual: nobody's."""
    return get_document(running, Kind.SAFETY_STOCK, Kind.SAFETY_STOCK)


@router.get("/v1/nodes/{id}/safety-stock", response_model=SafetyRunShown)
def show_safety_run(id: Annotated[str, Path(max_length=100)], caller: Caller, running: Running) -> Response:
    """What the last night reckoned for the node."""
    with running.engine.begin() as conn:
        return reply(asdict(get_run(conn, caller, id)))
