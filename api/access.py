"""Who may ask for what: one row per endpoint. An endpoint without a row is closed to everybody.

Roles are judged here, before the body is read. `scope` says what else bounds the answer; the route or use
case
applies it with `Actor.require_channel`, `require_node` or `must_see`, and the matrix test tries to get
around it.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

from oms.actors import Role

Scope = Literal["public", "all", "channel", "node", "own"]
"""public: no key wanted; all: not bounded; channel, node: the key's; own: what the caller itself made or
is assigned."""


@dataclass(frozen=True)
class Rule:
    """`checkout` endpoints are the last to be refused when there is too much to do."""

    roles: frozenset[Role]
    scope: Scope = "all"
    checkout: bool = False


def _roles(text: str) -> frozenset[Role]:
    return frozenset(Role(name) for name in text.split())


PUBLIC = Rule(frozenset(Role), "public")
ADMIN = Rule(_roles("admin"))
OFFICE = Rule(_roles("backoffice admin"))
CHECKOUT = Rule(_roles("storefront staff backoffice admin"), "channel", checkout=True)
SHOP = Rule(_roles("storefront backoffice admin"), "channel", checkout=True)
CARE = Rule(_roles("storefront backoffice admin"), "channel")
TAKING_BACK = Rule(_roles("storefront staff backoffice admin"), "channel")
LOOKING_UP = Rule(_roles("staff backoffice admin"), "channel")
SHOPFLOOR = Rule(_roles("staff backoffice admin"), "node")
COUNTER = Rule(_roles("storefront staff backoffice admin"), "node")
READERS = Rule(_roles("staff backoffice admin"))
ON_THE_ROAD = Rule(_roles("courier staff backoffice admin"), "own")

Access = dict[tuple[str, str], Rule]

FOUNDATION: Access = {
    ("GET", "/healthz"): PUBLIC,
    ("GET", "/readyz"): PUBLIC,
    ("GET", "/metrics"): OFFICE,
    ("GET", "/"): PUBLIC,
    ("GET", "/docs"): PUBLIC,
    ("GET", "/v1/events"): OFFICE,
    ("GET", "/v1/events/stream"): OFFICE,
    ("POST", "/v1/keys"): ADMIN,
    ("GET", "/v1/keys"): ADMIN,
    ("DELETE", "/v1/keys/{id}"): ADMIN,
    ("POST", "/v1/keys/{id}/rotate"): ADMIN,
}

CHECKOUT_AND_ORDERS: Access = {
    ("POST", "/v1/availability"): CHECKOUT,
    ("POST", "/v1/promises"): CHECKOUT,
    ("POST", "/v1/reservations"): SHOP,
    ("GET", "/v1/reservations"): OFFICE,
    ("POST", "/v1/reservations/void"): OFFICE,
    ("GET", "/v1/reservations/{id}"): SHOP,
    ("POST", "/v1/reservations/{id}/extend"): SHOP,
    ("POST", "/v1/reservations/{id}/void"): SHOP,
    ("PUT", "/v1/orders/{id}"): SHOP,
    ("GET", "/v1/orders"): OFFICE,
    ("GET", "/v1/orders/{id}"): CARE,
    ("POST", "/v1/orders/{id}/cancel"): CARE,
    ("POST", "/v1/orders/{id}/address"): CARE,
    ("POST", "/v1/orders/{id}/method"): CARE,
    ("POST", "/v1/orders/{id}/lines"): CARE,
    ("GET", "/v1/orders/{id}/decisions"): OFFICE,
    ("POST", "/v1/routing/plans"): OFFICE,
}

MONEY: Access = {
    ("GET", "/v1/orders/{id}/payments"): OFFICE,
    ("POST", "/v1/orders/{id}/payments"): OFFICE,
    ("GET", "/v1/refunds"): OFFICE,
    ("POST", "/v1/refunds/{id}/send"): OFFICE,
    ("POST", "/v1/refunds/{id}/fail"): OFFICE,
    ("POST", "/v1/refunds/{id}/void"): OFFICE,
}

SHIPMENTS: Access = {
    ("POST", "/v1/fulfilment-orders/{id}/pack"): SHOPFLOOR,
    ("GET", "/v1/fulfilment-orders/{id}/shipments"): SHOPFLOOR,
    ("POST", "/v1/fulfilment-orders/{id}/hand-over"): SHOPFLOOR,
    ("GET", "/v1/fulfilment-orders/{id}/packing-slip.pdf"): SHOPFLOOR,
    ("GET", "/v1/fulfilment-orders/{id}/label.pdf"): SHOPFLOOR,
    ("POST", "/v1/nodes/{id}/manifests"): SHOPFLOOR,
    ("GET", "/v1/shipments/{id}"): SHOPFLOOR,
    ("POST", "/v1/shipments/{id}/label"): SHOPFLOOR,
    ("POST", "/v1/shipments/{id}/events"): SHOPFLOOR,
    ("POST", "/v1/shipments/{id}/inspect"): SHOPFLOOR,
}

PICKUPS: Access = {
    ("GET", "/v1/pickups"): SHOPFLOOR,
    ("GET", "/v1/pickups/{id}"): COUNTER,
    ("POST", "/v1/pickups/{id}/arrived"): COUNTER,
    ("POST", "/v1/pickups/{id}/verify"): SHOPFLOOR,
    ("POST", "/v1/pickups/{id}/collect"): SHOPFLOOR,
}

RETURNS: Access = {
    ("POST", "/v1/returns"): TAKING_BACK,
    ("GET", "/v1/returns"): SHOPFLOOR,
    ("GET", "/v1/returns/{id}"): TAKING_BACK,
    ("POST", "/v1/returns/{id}/approve"): SHOPFLOOR,
    ("POST", "/v1/returns/{id}/decline"): SHOPFLOOR,
    ("POST", "/v1/returns/{id}/cancel"): TAKING_BACK,
    ("POST", "/v1/returns/{id}/send"): SHOPFLOOR,
    ("POST", "/v1/returns/{id}/receive"): SHOPFLOOR,
    ("POST", "/v1/returns/{id}/inspect"): SHOPFLOOR,
    ("POST", "/v1/returns/{id}/refund"): OFFICE,
    ("POST", "/v1/returns/{id}/goodwill"): OFFICE,
    ("GET", "/v1/returnable"): LOOKING_UP,
    ("POST", "/v1/returns/{id}/exchange"): TAKING_BACK,
}

CUSTOMERS: Access = {
    ("POST", "/v1/customers"): OFFICE,
    ("GET", "/v1/customers"): OFFICE,
    ("GET", "/v1/customers/{id}"): OFFICE,
    ("POST", "/v1/customers/{id}"): OFFICE,
    ("POST", "/v1/customers/{id}/merge"): OFFICE,
    ("GET", "/v1/customers/{id}/export"): OFFICE,
    ("POST", "/v1/customers/{id}/erase"): OFFICE,
    ("POST", "/v1/customers/{id}/contacts"): OFFICE,
    ("GET", "/v1/customers/{id}/timeline"): OFFICE,
}

STOCK_AND_NETWORK: Access = {
    ("POST", "/v1/stock/movements"): SHOPFLOOR,
    ("GET", "/v1/stock/movements"): SHOPFLOOR,
    ("PUT", "/v1/stock/counts"): SHOPFLOOR,
    ("PUT", "/v1/stock/safety-stock"): OFFICE,
    ("PUT", "/v1/stock/fences"): OFFICE,
    ("PUT", "/v1/stock/blocks"): SHOPFLOOR,
    ("GET", "/v1/stock"): SHOPFLOOR,
    ("POST", "/v1/imports"): OFFICE,
    ("GET", "/v1/imports/{id}"): OFFICE,
    ("POST", "/v1/inbound"): SHOPFLOOR,
    ("GET", "/v1/inbound"): SHOPFLOOR,
    ("GET", "/v1/inbound/{id}"): SHOPFLOOR,
    ("POST", "/v1/inbound/{id}/receive"): SHOPFLOOR,
    ("POST", "/v1/inbound/{id}/inspect"): SHOPFLOOR,
    ("POST", "/v1/transfers"): SHOPFLOOR,
    ("GET", "/v1/transfers"): SHOPFLOOR,
    ("GET", "/v1/transfers/{id}"): SHOPFLOOR,
    ("POST", "/v1/transfers/{id}/ship"): SHOPFLOOR,
    ("POST", "/v1/transfers/{id}/receive"): SHOPFLOOR,
    ("POST", "/v1/transfers/{id}/inspect"): SHOPFLOOR,
    ("POST", "/v1/transfers/{id}/cancel"): SHOPFLOOR,
}

COURIERS: Access = {
    ("POST", "/v1/courier/runs"): SHOPFLOOR,
    ("GET", "/v1/courier/runs"): ON_THE_ROAD,
    ("GET", "/v1/courier/runs/{id}"): ON_THE_ROAD,
    ("POST", "/v1/courier/runs/{id}/stops"): SHOPFLOOR,
    ("POST", "/v1/courier/runs/{id}/start"): ON_THE_ROAD,
    ("POST", "/v1/courier/runs/{id}/end"): ON_THE_ROAD,
    ("POST", "/v1/courier/runs/{id}/cancel"): SHOPFLOOR,
    ("POST", "/v1/courier/events"): ON_THE_ROAD,
    ("PUT", "/v1/courier/stops/{id}/proofs/{sha256}"): ON_THE_ROAD,
    ("GET", "/v1/courier/stops/{id}/proofs/{sha256}"): ON_THE_ROAD,
    ("POST", "/v1/courier/stops/{id}/receive"): SHOPFLOOR,
    ("POST", "/v1/courier/stops/{id}/inspect"): SHOPFLOOR,
    ("POST", "/v1/courier/stops/{id}/decide"): SHOPFLOOR,
}
"""A courier acts on his own runs, staff on those of its nodes."""


NODE_WORK: Access = {
    ("GET", "/v1/nodes/{id}/fulfilment-orders"): SHOPFLOOR,
    ("GET", "/v1/fulfilment-orders/{id}"): SHOPFLOOR,
    ("POST", "/v1/fulfilment-orders/{id}/accept"): SHOPFLOOR,
    ("POST", "/v1/fulfilment-orders/{id}/reject"): SHOPFLOOR,
    ("POST", "/v1/fulfilment-orders/{id}/cancel"): OFFICE,
    ("POST", "/v1/fulfilment-orders/{id}/hold"): SHOPFLOOR,
    ("POST", "/v1/fulfilment-orders/{id}/release"): SHOPFLOOR,
    ("POST", "/v1/fulfilment-orders/{id}/move"): OFFICE,
    ("POST", "/v1/fulfilment-orders/bulk"): OFFICE,
    ("POST", "/v1/orders/{id}/holds"): OFFICE,
    ("POST", "/v1/orders/{id}/promise"): CARE,
}


def _documents(path: str, key: str | None) -> Access:
    """Anyone at work may read a document of the network; admins edit it."""
    one = f"{path}/{{{key}}}" if key else path
    rows: Access = {("GET", one): READERS, ("PUT", one): ADMIN}
    return rows | {("GET", path): READERS, ("DELETE", one): ADMIN} if key else rows


def _edited(path: str, lists: bool = True) -> Access:
    """Anyone at work may read what exists; the back office edits it."""
    one = f"{path}/{{id}}"
    rows: Access = {("GET", one): READERS, ("PUT", one): OFFICE}
    return rows | {("GET", path): READERS} if lists else rows


NETWORK: Access = (
    _edited("/v1/nodes")
    | _edited("/v1/skus")
    | _edited("/v1/kits", lists=False)
    | {("GET", "/v1/skus/{id}/substitutes"): READERS, ("PUT", "/v1/skus/{id}/substitutes"): OFFICE}
    | _documents("/v1/tariffs", "id")
    | _documents("/v1/calendars", "id")
    | _documents("/v1/deliveries", "country")
    | _documents("/v1/lanes", None)
    | _documents("/v1/slots", None)
    | _documents("/v1/policy", None)
    | _documents("/v1/settings", None)
    | _documents("/v1/reasons", None)
    | _documents("/v1/work", None)
    | _documents("/v1/return-policy", None)
    | _documents("/v1/retention", None)
    | _documents("/v1/safety-stock", None)
)

PICKING: Access = {
    ("POST", "/v1/pick-waves"): SHOPFLOOR,
    ("GET", "/v1/pick-lists"): SHOPFLOOR,
    ("GET", "/v1/pick-lists/{id}"): SHOPFLOOR,
    ("POST", "/v1/pick-lists/{id}/claim"): SHOPFLOOR,
    ("POST", "/v1/pick-lists/{id}/release"): SHOPFLOOR,
    ("POST", "/v1/pick-lists/{id}/cancel"): SHOPFLOOR,
    ("POST", "/v1/pick-lists/{id}/tasks/{no}/pick"): SHOPFLOOR,
    ("POST", "/v1/pick-lists/{id}/tasks/{no}/short"): SHOPFLOOR,
    ("POST", "/v1/pick-lists/{id}/tasks/{no}/substitute"): SHOPFLOOR,
    ("GET", "/v1/nodes/{id}/put-backs"): SHOPFLOOR,
    ("GET", "/v1/nodes/{id}/safety-stock"): SHOPFLOOR,
    ("POST", "/v1/fulfilment-orders/{id}/put-back"): SHOPFLOOR,
}

WEBHOOKS: Access = {
    ("POST", "/v1/webhooks"): OFFICE,
    ("GET", "/v1/webhooks"): OFFICE,
    ("GET", "/v1/webhooks/{id}"): OFFICE,
    ("PUT", "/v1/webhooks/{id}"): OFFICE,
    ("DELETE", "/v1/webhooks/{id}"): OFFICE,
    ("POST", "/v1/webhooks/{id}/rotate"): OFFICE,
    ("GET", "/v1/webhooks/{id}/deliveries"): OFFICE,
    ("POST", "/v1/webhooks/{id}/deliveries/replay"): OFFICE,
    ("POST", "/v1/webhooks/{id}/deliveries/{seq}/replay"): OFFICE,
}

WAVES: Access = {
    ("POST", "/v1/waves"): OFFICE,
    ("GET", "/v1/waves/{id}"): OFFICE,
    ("GET", "/v1/bid-prices"): OFFICE,
}

WHAT_IFS: Access = {
    ("POST", "/v1/what-ifs"): OFFICE,
    ("GET", "/v1/what-ifs/{id}"): OFFICE,
    ("POST", "/v1/what-ifs/{id}/install"): ADMIN,  # as PUT /v1/policy
}

ACCESS: Access = {
    **FOUNDATION,
    **CHECKOUT_AND_ORDERS,
    **MONEY,
    **SHIPMENTS,
    **PICKUPS,
    **RETURNS,
    **CUSTOMERS,
    **STOCK_AND_NETWORK,
    **COURIERS,
    **NODE_WORK,
    **NETWORK,
    **PICKING,
    **WEBHOOKS,
    **WAVES,
    **WHAT_IFS,
}


def methods_at(path: str) -> list[str]:
    """The methods an address answers to."""
    return sorted({method for (method, template) in ACCESS if _pattern(template).fullmatch(path)})


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[^}]+\}", "[^/]+", re.sub(r"[.]", r"\.", template)))
