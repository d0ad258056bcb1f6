"""The life of an order after it is placed: work of nodes, parcels, pickups, couriers, returns, money,
people."""

from pathlib import Path
from typing import cast

from alembic import op
from psycopg import Connection

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """The statements of the folder of the same name, file by file."""
    driver = cast("Connection[object]", op.get_bind().connection.driver_connection)
    for file in sorted(Path(__file__).with_suffix("").glob("*.sql")):
        driver.execute(file.read_bytes())
