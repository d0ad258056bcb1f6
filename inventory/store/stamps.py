"""Triggers that stamp the rows of tables which many statements write, so that none can forget it.

The tables of a request's path (position, fence, capacity) are stamped by their statements themselves. A kit
is part of its SKU: whoever changes its components changes the SKU.
"""

from sqlalchemy import Connection, Table, event

_STAMP = """
CREATE OR REPLACE FUNCTION anyshelf_stamp() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN NEW.stamp := pg_current_xact_id(); RETURN NEW; END $$
"""

_TOUCH_SKU = """
CREATE OR REPLACE FUNCTION anyshelf_touch_sku() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sku SET stamp = pg_current_xact_id() WHERE no IN (OLD.kit_no, NEW.kit_no);
  RETURN NULL;
END $$
"""


def stamp_by_trigger(*tables: Table) -> None:
    """Every update of a row of these tables sets its `stamp`."""
    for table in tables:
        _add_trigger(table, _STAMP, "stamp BEFORE UPDATE", "anyshelf_stamp")


def touch_sku_by_trigger(kit: Table) -> None:
    """Every change of a kit's components stamps the kit's SKU."""
    _add_trigger(kit, _TOUCH_SKU, "touch_sku AFTER INSERT OR UPDATE OR DELETE", "anyshelf_touch_sku")


def _add_trigger(table: Table, function: str, trigger: str, name: str) -> None:
    def create(target: Table, connection: Connection, **_: object) -> None:
        connection.exec_driver_sql(function)
        connection.exec_driver_sql(
            f'CREATE TRIGGER {trigger} ON "{target.name}" FOR EACH ROW EXECUTE FUNCTION {name}()'
        )

    event.listen(table, "after_create", create)
