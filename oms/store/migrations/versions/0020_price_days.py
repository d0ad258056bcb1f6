"""What orders came to cost, day by day, that felt prices of looking ahead."""

from pathlib import Path
from typing import cast

from alembic import op
from psycopg import Connection

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """The statements of the file beside this one."""
    driver = cast("Connection[object]", op.get_bind().connection.driver_connection)
    driver.execute(Path(__file__).with_suffix(".sql").read_bytes())
