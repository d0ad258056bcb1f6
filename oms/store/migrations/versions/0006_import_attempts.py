"""How often an import was begun, and a state for one that is given up."""

from pathlib import Path
from typing import cast

from alembic import op
from psycopg import Connection

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """The statements of the file beside this one."""
    driver = cast("Connection[object]", op.get_bind().connection.driver_connection)
    driver.execute(Path(__file__).with_suffix(".sql").read_bytes())
