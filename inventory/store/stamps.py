"""Triggers for what many statements write and none may forget: stamps of rows, and what names a SKU.

The tables of a request's path (position, fence, capacity) are stamped by their statements themselves. A kit
is part of its SKU: whoever changes its components changes the SKU. `sku_code` holds the id and the barcodes
of every SKU, each text once, so that a scan names one SKU.
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

_CODES = """
CREATE OR REPLACE FUNCTION anyshelf_sku_codes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM sku_code WHERE sku_no = NEW.no AND code <> ALL (NEW.barcodes || NEW.id);
  INSERT INTO sku_code (code, sku_no)
    SELECT DISTINCT said, NEW.no FROM unnest(NEW.barcodes || NEW.id) AS said
    WHERE NOT EXISTS (SELECT FROM sku_code WHERE code = said AND sku_no = NEW.no);
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


def code_by_trigger(sku: Table) -> None:
    """Every change of a SKU's barcodes changes what a scan may read; a text of another SKU is an error."""
    _add_trigger(sku, _CODES, "codes_of_new AFTER INSERT", "anyshelf_sku_codes")
    changed = "WHEN (OLD.barcodes IS DISTINCT FROM NEW.barcodes)"
    _add_trigger(sku, _CODES, "codes AFTER UPDATE OF barcodes", "anyshelf_sku_codes", changed)


def _add_trigger(table: Table, function: str, trigger: str, name: str, when: str = "") -> None:
    def create(target: Table, connection: Connection, **_: object) -> None:
        connection.exec_driver_sql(function)
        connection.exec_driver_sql(
            f'CREATE TRIGGER {trigger} ON "{target.name}" FOR EACH ROW {when} EXECUTE FUNCTION {name}()'
        )

    event.listen(table, "after_create", create)
