"""Customers and addresses: the only tables with personal data in them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from oms.orders.placing import AddressDetails, CustomerDetails
from oms.store.order_tables import address, customer


def keep_customer(conn: Connection, at: datetime, new_id: str, details: CustomerDetails) -> str:
    """The id of the customer with this e-mail address, or of a new one; what is said anew replaces it."""
    row = {"email": details.email, "name": details.name, "phone": details.phone, "locale": details.locale}
    said = {name: value for name, value in row.items() if value is not None}
    written = insert(customer).values(id=new_id, created_at=at, **row)
    if details.email is not None:
        written = written.on_conflict_do_update(index_elements=[func.lower(customer.c.email)], set_=said)
    kept = conn.scalar(written.returning(customer.c.id))
    assert kept is not None
    return str(kept)


def keep_address(conn: Connection, new_id: str, customer_id: str | None, details: AddressDetails) -> str:
    """Write an address; an order whose address changes gets another row."""
    conn.execute(
        insert(address).values(
            id=new_id,
            customer_id=customer_id,
            name=details.name,
            street=details.street,
            city=details.city,
            postcode=details.postcode,
            country=details.country,
            lat=details.lat,
            lon=details.lon,
        )
    )
    return new_id


def address_of(conn: Connection, address_id: str) -> AddressDetails | None:
    """The address, unless it was erased."""
    row = conn.execute(select(address).where(address.c.id == address_id)).first()
    if row is None:
        return None
    return AddressDetails(row.country, row.postcode, row.city, row.street, row.name, row.lat, row.lon)


def customer_of(conn: Connection, customer_id: str) -> Mapping[str, Any] | None:
    """Id, e-mail, name, phone and locale, unless erased."""
    row = conn.execute(select(customer).where(customer.c.id == customer_id)).first()
    if row is None:
        return None
    return {name: getattr(row, name) for name in ("id", "email", "name", "phone", "locale")}
