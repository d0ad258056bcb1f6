"""What a kept answer is about, to find it when a person is erased."""

from pathlib import Path
from typing import cast

from alembic import op
from psycopg import Connection

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """The statements of the file beside this one."""
    driver = cast("Connection[object]", op.get_bind().connection.driver_connection)
    driver.execute(Path(__file__).with_suffix(".sql").read_bytes())
