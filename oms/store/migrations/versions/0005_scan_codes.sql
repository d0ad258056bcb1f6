-- What a scan may read: the ids of SKUs and their barcodes, each naming one SKU.
CREATE TABLE sku_code (
    code text NOT NULL,
    sku_no integer NOT NULL,
    CONSTRAINT pk_sku_code PRIMARY KEY (code),
    CONSTRAINT fk_sku_code_sku_no FOREIGN KEY (sku_no) REFERENCES sku (no) ON DELETE CASCADE
);
CREATE INDEX ix_sku_code_sku_no ON sku_code (sku_no);

-- Where a barcode stood at two SKUs, the one a scan has found so far keeps it.
INSERT INTO sku_code (code, sku_no)
SELECT DISTINCT ON (code) code, no
FROM sku, unnest(barcodes || id) AS code
ORDER BY code, id <> code, id;

UPDATE sku SET barcodes = ARRAY(
    SELECT said.code
    FROM unnest(barcodes) WITH ORDINALITY AS said (code, place)
    JOIN sku_code ON sku_code.code = said.code AND sku_code.sku_no = sku.no
    ORDER BY said.place)
WHERE EXISTS (
    SELECT FROM unnest(barcodes) AS said
    JOIN sku_code ON sku_code.code = said AND sku_code.sku_no <> sku.no);

CREATE FUNCTION anyshelf_sku_codes() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  DELETE FROM sku_code WHERE sku_no = NEW.no AND code <> ALL (NEW.barcodes || NEW.id);
  INSERT INTO sku_code (code, sku_no)
    SELECT DISTINCT said, NEW.no FROM unnest(NEW.barcodes || NEW.id) AS said
    WHERE NOT EXISTS (SELECT FROM sku_code WHERE code = said AND sku_no = NEW.no);
  RETURN NULL;
END $$;

CREATE TRIGGER codes_of_new AFTER INSERT ON sku FOR EACH ROW EXECUTE FUNCTION anyshelf_sku_codes();
CREATE TRIGGER codes AFTER UPDATE OF barcodes ON sku FOR EACH ROW
    WHEN (OLD.barcodes IS DISTINCT FROM NEW.barcodes) EXECUTE FUNCTION anyshelf_sku_codes();

DROP INDEX ix_sku_barcodes;
