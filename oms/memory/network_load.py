"""From rows to the network that routing reads: how documents and nodes are stored is known only here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, select

from inventory.store.tables import node
from oms.reasons import Reasons
from oms.retention import Retention
from oms.returns.policy import ReturnPolicy
from oms.safety_rules import SafetyRules
from oms.store.failing import learned
from oms.store.foundation_tables import version
from oms.store.network_tables import network_document
from oms.work_rules import WorkRules
from routing.network import Network, build_network
from routing.network_spec import (
    CalendarSpec,
    ChanceSpec,
    DeliverySpec,
    LaneSpec,
    NetworkSpec,
    NodeSpec,
    SlotSpec,
    TariffSpec,
)
from routing.policy import Policy


class Kind(StrEnum):
    """Kinds of document; those of `SINGLE` exist once, under the id of their kind."""

    TARIFF = "tariff"
    CALENDAR = "calendar"
    DELIVERY = "delivery"
    LANES = "lanes"
    SLOTS = "slots"
    POLICY = "policy"
    SETTINGS = "settings"
    REASONS = "reasons"
    WORK = "work"
    RETURNS = "returns"
    RETENTION = "retention"
    SAFETY_STOCK = "safety_stock"


SINGLE = frozenset(
    {
        Kind.LANES,
        Kind.SLOTS,
        Kind.POLICY,
        Kind.SETTINGS,
        Kind.REASONS,
        Kind.WORK,
        Kind.RETURNS,
        Kind.RETENTION,
        Kind.SAFETY_STOCK,
    }
)


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """`currency`: of every price in the network. A divisor of 0 switches dimensional weight off."""

    currency: str = "USD"
    dimensional_divisor_mm3_per_g: float = 0.0


NODE: TypeAdapter[NodeSpec] = TypeAdapter(NodeSpec)
BODY: Mapping[Kind, TypeAdapter[Any]] = {
    Kind.TARIFF: TypeAdapter(TariffSpec),
    Kind.CALENDAR: TypeAdapter(CalendarSpec),
    Kind.DELIVERY: TypeAdapter(DeliverySpec),
    Kind.LANES: TypeAdapter(tuple[LaneSpec, ...]),
    Kind.SLOTS: TypeAdapter(tuple[SlotSpec, ...]),
    Kind.POLICY: TypeAdapter(Policy),
    Kind.SETTINGS: TypeAdapter(NetworkSettings),
    Kind.REASONS: TypeAdapter(Reasons),
    Kind.WORK: TypeAdapter(WorkRules),
    Kind.RETURNS: TypeAdapter(ReturnPolicy),
    Kind.RETENTION: TypeAdapter(Retention),
    Kind.SAFETY_STOCK: TypeAdapter(SafetyRules),
}
USUAL: Mapping[Kind, Any] = {
    Kind.REASONS: Reasons(),
    Kind.WORK: WorkRules(),
    Kind.RETURNS: ReturnPolicy(),
    Kind.RETENTION: Retention(),
    Kind.SAFETY_STOCK: SafetyRules(),
}
"""What holds while no document of these kinds is stored."""

_NODE_COLUMNS = ("id", "name", "kind", "lat", "lon", "country", "postcode", "timezone", "active")
PROFILE_FIELDS = tuple(f.name for f in fields(NodeSpec) if f.name not in _NODE_COLUMNS)
"""What `node.profile` holds: all of a NodeSpec that inventory does not know."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The network, its policies and how its nodes work, of one version; ``spec`` is what it was made from."""

    network: Network
    policy: Policy
    spec: NetworkSpec
    reasons: Reasons = field(default_factory=Reasons)
    work: WorkRules = field(default_factory=WorkRules)
    returns: ReturnPolicy = field(default_factory=ReturnPolicy)
    retention: Retention = field(default_factory=Retention)
    safety_stock: SafetyRules = field(default_factory=SafetyRules)


def work_rules(conn: Connection) -> WorkRules:
    """How nodes work, as it stands in the database."""
    stored = select(network_document.c.body).where(network_document.c.kind == Kind.WORK.value)
    body = conn.scalar(stored)
    return WorkRules() if body is None else BODY[Kind.WORK].validate_python(body)


def load(conn: Connection) -> Loaded:
    """Read and build the current network. Raises routing.network_spec.NetworkRefused when it is not whole."""
    documents = _documents(conn)
    spec, policy = _read(conn, documents)
    rules = (documents[kind].get(kind, usual) for kind, usual in USUAL.items())
    chances = tuple(ChanceSpec(row.node, row.goods, row.not_sent) for row in learned(conn))
    network = build_network(replace(spec, chances=chances))
    return Loaded(network, policy, spec, *rules)


def read(conn: Connection) -> tuple[NetworkSpec, Policy]:
    """What is stored, not yet judged."""
    return _read(conn, _documents(conn))


def _read(conn: Connection, documents: dict[Kind, dict[str, Any]]) -> tuple[NetworkSpec, Policy]:
    number = conn.scalar(select(version.c.number).where(version.c.name == "network")) or 0
    settings: NetworkSettings = documents[Kind.SETTINGS].get(Kind.SETTINGS, NetworkSettings())
    spec = NetworkSpec(
        version=number,
        currency=settings.currency,
        nodes=tuple(_node_specs(conn)),
        tariffs=tuple(documents[Kind.TARIFF].values()),
        lanes=documents[Kind.LANES].get(Kind.LANES, ()),
        calendars=tuple(documents[Kind.CALENDAR].values()),
        slots=documents[Kind.SLOTS].get(Kind.SLOTS, ()),
        deliveries=tuple(documents[Kind.DELIVERY].values()),
        dimensional_divisor_mm3_per_g=settings.dimensional_divisor_mm3_per_g,
    )
    return spec, documents[Kind.POLICY].get(Kind.POLICY, Policy())


def _documents(conn: Connection) -> dict[Kind, dict[str, Any]]:
    found: dict[Kind, dict[str, Any]] = defaultdict(dict)
    order = (network_document.c.kind, network_document.c.id)
    for row in conn.execute(select(network_document).order_by(*order)):
        kind = Kind(row.kind)
        body = BODY[kind].validate_python(row.body)
        # The document's own version is the policy's: a decision names the policy it was made under.
        found[kind][row.id] = replace(body, version=row.version) if kind is Kind.POLICY else body
    return found


def _node_specs(conn: Connection) -> Sequence[NodeSpec]:
    """Nodes with coordinates, in the order of their numbers; a node without is no place to route from."""
    columns = [node.c[name] for name in _NODE_COLUMNS]
    rows = conn.execute(select(*columns, node.c.profile).where(node.c.lat.is_not(None)).order_by(node.c.no))
    return [
        NODE.validate_python({**row.profile, **dict(zip(_NODE_COLUMNS, row, strict=False))}) for row in rows
    ]


def profile_of(spec: NodeSpec) -> dict[str, Any]:
    """The part of a node that only routing reads, as JSON for `node.profile`."""
    document = NODE.dump_python(spec, mode="json")
    return {name: document[name] for name in PROFILE_FIELDS}
