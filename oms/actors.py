"""Who acts, and how far their say reaches."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from oms.refusals import Code, Fault, not_found, refuse

ActorKind = Literal["customer", "employee", "integration", "system"]


class Role(StrEnum):
    """What a key is for."""

    STOREFRONT = "storefront"
    STAFF = "staff"
    COURIER = "courier"
    BACKOFFICE = "backoffice"
    ADMIN = "admin"

    __hash__ = str.__hash__  # as quick as a word's; every request asks whether its role is among some


GRANTS = frozenset({"cost", "node_stock"})
"""What a storefront key may see beyond its own: cost to serve; which nodes ship and what stock they have."""

KIND_OF_ROLE: dict[Role, ActorKind] = {
    Role.STOREFRONT: "customer",
    Role.STAFF: "employee",
    Role.COURIER: "employee",
    Role.BACKOFFICE: "integration",
    Role.ADMIN: "employee",
}


THROUGH: dict[Role, str] = {
    Role.STOREFRONT: "web",
    Role.STAFF: "store",
    Role.COURIER: "courier",
    Role.BACKOFFICE: "backoffice",
    Role.ADMIN: "backoffice",
}
"""The channel a change comes through when nobody says otherwise."""


@dataclass(frozen=True)
class Actor:
    """Who asks. `channels` and `nodes` bound the scope; None means every one. `channel`: the one this request
    says it came through."""

    kind: ActorKind
    key_id: str
    role: Role
    channels: frozenset[str] | None = None
    nodes: frozenset[str] | None = None
    grants: frozenset[str] = frozenset()
    channel: str | None = None

    @property
    def through(self) -> str:
        """The channel this change comes through: said, or the key's only one, or the role's own."""
        if self.channel is not None:
            return self.channel
        if self.kind == "system":
            return "system"
        return next(iter(self.channels)) if self.channels and len(self.channels) == 1 else THROUGH[self.role]

    def on(self, channel: str | None) -> "Actor":
        """The same, acting through this channel where one is named. Raises Refused forbidden."""
        if channel is None:
            return self
        self.require_channel(channel)
        return replace(self, channel=channel)

    @property
    def trusted(self) -> bool:
        """Back office and admin see everything."""
        return self.role in (Role.BACKOFFICE, Role.ADMIN)

    def sees(self, grant: str) -> bool:
        """Whether the answer may show what `grant` covers ('cost', 'node_stock')."""
        assert grant in GRANTS
        return self.trusted or grant in self.grants

    def may_channel(self, channel: str) -> bool:
        """Whether the caller acts on this channel."""
        return self.channels is None or channel in self.channels

    def may_node(self, node: str) -> bool:
        """Whether the caller acts at this node."""
        return self.nodes is None or node in self.nodes

    def require_channel(self, channel: str, pointer: str = "/channel") -> None:
        """Refuse `forbidden` when the body names another's channel."""
        if not self.may_channel(channel):
            fault = Fault(pointer, Code.FORBIDDEN, "This key acts on other channels")
            raise refuse(Code.FORBIDDEN, "This key may not act on that channel", fault)

    def require_node(self, node: str, pointer: str = "/node") -> None:
        """Refuse `forbidden` when the body names another's node."""
        if not self.may_node(node):
            fault = Fault(pointer, Code.FORBIDDEN, "This key acts at other nodes")
            raise refuse(Code.FORBIDDEN, "This key may not act at that node", fault)

    def must_see(self, visible: bool, what: str) -> None:
        """Refuse `not_found` for a thing of another's scope, so that its existence does not leak."""
        if not visible:
            raise not_found(what)


SYSTEM = Actor(kind="system", key_id="system", role=Role.ADMIN)
"""Jobs, reactions and the command line."""
