-- The few lines with units in inspection, among all that ever came.
CREATE INDEX ix_inbound_line_to_inspect ON inbound_line (inbound_id) WHERE inspected < to_inspect;

-- Returns of records that were merged follow their orders.
UPDATE "return" r SET customer_id = c.merged_into
FROM customer c WHERE c.id = r.customer_id AND c.merged_into IS NOT NULL;
