"""Customers and addresses: with contacts the only tables with personal data in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert

from oms.customers.identity import NATIONAL_DIGITS, Customer, digits, recognised
from oms.orders.placing import AddressDetails, CustomerDetails
from oms.store.customer_tables import customer_card
from oms.store.order_tables import address, customer
from oms.store.rows import insert_rows

FOUND_MOST = 50
_WHERE = ("name", "street", "city", "postcode", "country", "lat", "lon")


@dataclass(frozen=True, slots=True)
class NewAddress:
    """An address to be written, and whose it is."""

    id: str
    customer_id: str | None
    details: AddressDetails


def keep_customer(
    conn: Connection, at: datetime, new_id: str, details: CustomerDetails, cards: Iterable[str] = ()
) -> str:
    """The id of the customer who buys again, or of a new one; what is said anew replaces what was known."""
    by_email = None if details.email is None else _first(conn, _email(details.email), lock=True)
    phone = digits(details.phone)
    by_phone = [] if by_email or phone is None else _all(conn, customer.c.phone_digits == phone)
    known = recognised(details.email, by_email, by_phone)
    row = {"email": details.email, "name": details.name, "phone": details.phone, "locale": details.locale}
    said = {name: value for name, value in row.items() if value is not None}
    said |= {} if phone is None else {"phone_digits": phone}
    if known is None:
        kept = _insert(conn, at, new_id, said, details.email)
    elif known.merged_into is not None:
        kept = known.merged_into
    else:
        kept = known.id
        if any(row[name] not in (None, getattr(known, name)) for name in row):
            grown = {"version": customer.c.version + 1}
            conn.execute(update(customer).where(customer.c.id == kept).values(said | grown))
    rows = [{"customer_id": kept, "card": card} for card in sorted(set(cards))]
    if rows:
        conn.execute(insert(customer_card).on_conflict_do_nothing(), rows)
    return kept


def _insert(conn: Connection, at: datetime, new_id: str, said: dict[str, Any], email: str | None) -> str:
    written = insert(customer).values(id=new_id, created_at=at, **said)
    if email is not None:  # somebody else may be writing the same at this moment
        written = written.on_conflict_do_update(index_elements=[func.lower(customer.c.email)], set_=said)
    kept = conn.scalar(written.returning(customer.c.id))
    assert kept is not None
    return str(kept)


def customer_of(conn: Connection, customer_id: str, lock: bool = False) -> Customer | None:
    """The customer, unless erased."""
    return _first(conn, customer.c.id == customer_id, lock)


def save_customer(conn: Connection, value: Customer) -> None:
    """Write the record as its next version."""
    row = {name: getattr(value, name) for name in ("email", "name", "phone", "locale", "merged_into")}
    row |= {"phone_digits": digits(value.phone), "version": value.version + 1}
    conn.execute(update(customer).where(customer.c.id == value.id).values(row))


def insert_customer(conn: Connection, at: datetime, value: Customer) -> bool:
    """Write a new record; False when its e-mail is another's already."""
    row = {name: getattr(value, name) for name in ("id", "email", "name", "phone", "locale")}
    fresh = insert(customer).values(row | {"created_at": at, "phone_digits": digits(value.phone)})
    return conn.scalar(fresh.on_conflict_do_nothing().returning(customer.c.id)) is not None


def find_customers(
    conn: Connection, email: str | None, phone: str | None, card: str | None, after: str, limit: int
) -> list[Customer]:
    """Records that fit everything asked, by id. What a merged record is known by finds the one it is part
    of.
    """
    one = customer.alias()
    known = select(func.coalesce(one.c.merged_into, one.c.id))
    found = select(customer).where(
        customer.c.merged_into.is_(None), customer.c.erased_at.is_(None), customer.c.id > after
    )
    if email is not None:
        found = found.where(customer.c.id.in_(known.where(func.lower(one.c.email) == email.lower())))
    if phone is not None:
        number = digits(phone) or ""
        ending = func.right(one.c.phone_digits, NATIONAL_DIGITS)
        alike = known.where(ending == number[-NATIONAL_DIGITS:])
        found = found.where(customer.c.id.in_(alike))
    if card is not None:
        holders = select(customer_card.c.customer_id).where(customer_card.c.card == card)
        found = found.where(customer.c.id.in_(holders))
    return [_customer(row) for row in conn.execute(found.order_by(customer.c.id).limit(limit))]


def keep_address(conn: Connection, new_id: str, customer_id: str | None, details: AddressDetails) -> str:
    """Write an address; an order whose address changes gets another row."""
    insert_addresses(conn, [NewAddress(new_id, customer_id, details)])
    return new_id


def insert_addresses(conn: Connection, addresses: Sequence[NewAddress]) -> None:
    """Write new addresses."""
    rows = [
        {"id": one.id, "customer_id": one.customer_id} | {name: getattr(one.details, name) for name in _WHERE}
        for one in addresses
    ]
    insert_rows(conn, address, rows)


def address_of(conn: Connection, address_id: str) -> AddressDetails | None:
    """The address, unless it was erased."""
    return addresses_of(conn, [address_id]).get(address_id)


def addresses_of(conn: Connection, address_ids: Sequence[str]) -> dict[str, AddressDetails]:
    """By id, those that were not erased."""
    rows = conn.execute(select(address).where(address.c.id.in_(address_ids)))
    return {
        row.id: AddressDetails(row.country, row.postcode, row.city, row.street, row.name, row.lat, row.lon)
        for row in rows
    }


def _email(email: str) -> Any:
    return func.lower(customer.c.email) == email.lower()


def _first(conn: Connection, condition: Any, lock: bool = False) -> Customer | None:
    statement: Select[Any] = select(customer).where(condition, customer.c.erased_at.is_(None))
    row = conn.execute(statement.with_for_update() if lock else statement).first()
    return None if row is None else _customer(row)


def _all(conn: Connection, condition: Any) -> list[Customer]:
    living = (customer.c.merged_into.is_(None), customer.c.erased_at.is_(None))
    rows = select(customer).where(condition, *living).order_by(customer.c.id).limit(FOUND_MOST)
    return [_customer(row) for row in conn.execute(rows)]


def _customer(row: Row[Any]) -> Customer:
    return Customer(row.id, row.email, row.name, row.phone, row.locale, row.version, row.merged_into)
