-- Units of a document that went to inspection, and those of them that have a disposition.
ALTER TABLE inbound_line
    ADD COLUMN to_inspect integer DEFAULT 0 NOT NULL,
    ADD COLUMN inspected integer DEFAULT 0 NOT NULL;

-- What came so far lies there still: there was no way out.
UPDATE inbound_line l SET to_inspect = came.units
FROM (
    SELECT i.id, m.sku_no, sum(m.quantity) AS units
    FROM inbound i JOIN node n ON n.no = i.node_no
        JOIN movement m ON m.from_place = i.place AND m.to_place = n.id || ':inspection'
    GROUP BY i.id, m.sku_no) AS came
WHERE came.id = l.inbound_id AND came.sku_no = l.sku_no;

ALTER TABLE inbound_line ADD CONSTRAINT ck_inbound_line_inspected_once
    CHECK (inspected BETWEEN 0 AND to_inspect AND to_inspect <= received);
