"""The one MetaData of the whole database, and the few kinds of column its tables are made of."""

from typing import Any

from sqlalchemy import CheckConstraint, Column, DateTime, MetaData, text

from inventory.store.types import Xid8

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def required(name: str, type_: Any, default: str | None = None) -> Column[Any]:
    return Column(name, type_, nullable=False, server_default=None if default is None else text(default))


def instant(name: str, nullable: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def stamp() -> Column[Any]:
    """The transaction that last wrote the row; every statement that changes the row sets it again."""
    return Column("stamp", Xid8(), nullable=False, server_default=text("pg_current_xact_id()"))


def one_of(column: str, values: tuple[str, ...], name: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=name)
