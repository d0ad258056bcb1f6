"""What old months leave behind, and who was erased."""

from pathlib import Path
from typing import cast

from alembic import op
from psycopg import Connection

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """The statements of the folder of the same name, file by file."""
    driver = cast("Connection[object]", op.get_bind().connection.driver_connection)
    for file in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        driver.execute(file.read_bytes())
