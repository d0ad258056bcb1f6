"""When an answer was kept, by the database's clock: for its age two clocks have to agree."""

from pathlib import Path
from typing import cast

from alembic import op
from psycopg import Connection

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """The statements of the file beside this one."""
    driver = cast("Connection[object]", op.get_bind().connection.driver_connection)
    driver.execute(Path(__file__).with_suffix(".sql").read_bytes())
