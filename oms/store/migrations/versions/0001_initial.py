"""Every table of the first release, the partitions that catch all, and the job queue's own schema."""

from pathlib import Path
from typing import cast

from alembic import op
from procrastinate.schema import SchemaManager
from psycopg import Connection

revision = "0001"
down_revision = None


def upgrade() -> None:
    """From nothing: the statements of the file beside this one, then those that the job queue brings."""
    # Past SQLAlchemy, which would read percent signs as parameters.
    driver = cast("Connection[object]", op.get_bind().connection.driver_connection)
    driver.execute(Path(__file__).with_suffix(".sql").read_bytes())
    driver.execute(SchemaManager.get_schema().encode())
