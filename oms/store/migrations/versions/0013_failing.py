"""Chances that a node cannot send what it is asked for."""

from pathlib import Path
from typing import cast

from alembic import op
from psycopg import Connection

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """The statements of the file beside this one."""
    driver = cast("Connection[object]", op.get_bind().connection.driver_connection)
    driver.execute(Path(__file__).with_suffix(".sql").read_bytes())
