"""Every table of the first release, the partitions that catch all, and the job queue's own schema."""

from typing import cast

from alembic import op
from procrastinate.schema import SchemaManager
from psycopg import Connection

from oms.store.partitions import partitioned_tables
from oms.store.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    """From nothing."""
    bind = op.get_bind()
    metadata.create_all(bind)
    for table in partitioned_tables(metadata):
        op.execute(f'CREATE TABLE "{table}_default" PARTITION OF "{table}" DEFAULT')
    # Past SQLAlchemy, which would read the schema's percent signs as parameters.
    driver = cast("Connection[object]", bind.connection.driver_connection)
    driver.execute(SchemaManager.get_schema().encode())
