"""The category of a SKU."""

from pathlib import Path
from typing import cast

from alembic import op
from psycopg import Connection

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """The statements of the file beside this one."""
    driver = cast("Connection[object]", op.get_bind().connection.driver_connection)
    driver.execute(Path(__file__).with_suffix(".sql").read_bytes())
