"""Nodes by name, as far as somebody may see them."""

from __future__ import annotations

from api.pages.desk import Desk
from oms.actors import Actor
from oms.memory.key_ring import KeyRing


def nodes_of(desk: Desk) -> list[tuple[str, str]]:
    """(id, name) of the caller's nodes, by id."""
    nodes = desk.running.networks.current.spec.nodes
    return sorted((node.id, node.name or node.id) for node in nodes if desk.actor.may_node(node.id))


def zone_of(desk: Desk, node: str | None) -> str:
    """The time zone people at a node live by."""
    nodes = desk.running.networks.current.spec.nodes
    return next((one.timezone for one in nodes if one.id == node), "UTC")


def only_node(actor: Actor) -> str:
    """The node of somebody who works at one; empty for others."""
    return next(iter(actor.nodes)) if actor.nodes is not None and len(actor.nodes) == 1 else ""


def couriers_of(ring: KeyRing, node: str) -> list[tuple[str, str]]:
    """(id of the key, name) of the couriers who drive from a node, by name."""
    keys = [key for key in ring.couriers() if key.nodes is None or node in key.nodes]
    return sorted(((key.id, key.name or key.id) for key in keys), key=lambda pair: (pair[1], pair[0]))
