"""Alembic's entry: runs the migrations in the transaction that oms.store.database has opened."""

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql.base import ischema_names

from inventory.store.types import Xid8
from oms.store.tables import metadata

ischema_names["xid8"] = Xid8  # so that reading the schema back knows the type

connection: Connection = context.config.attributes["connection"]

# Partitions follow their parent, and the job queue brings its own tables: neither is ours to compare.
partitions = set(connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition")))


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a schema object found in the database is compared with the definitions."""
    return kind != "table" or (name not in partitions and not str(name).startswith("procrastinate_"))


context.configure(
    connection=connection,
    target_metadata=metadata,
    include_name=include_name,
    compare_type=True,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
