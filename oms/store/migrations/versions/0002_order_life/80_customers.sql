ALTER TABLE customer
    ADD COLUMN phone_digits text,
    ADD COLUMN version integer DEFAULT 1 NOT NULL,
    ADD COLUMN merged_into text,
    ADD CONSTRAINT fk_customer_merged_into_customer FOREIGN KEY (merged_into) REFERENCES customer (id);

UPDATE customer SET phone_digits = nullif(regexp_replace(regexp_replace(phone, '\D', '', 'g'), '^00', ''), '')
WHERE phone IS NOT NULL AND length(regexp_replace(regexp_replace(phone, '\D', '', 'g'), '^00', '')) >= 6;

CREATE INDEX ix_customer_phone ON customer (right(phone_digits, 9)) WHERE phone_digits IS NOT NULL;

CREATE TABLE customer_card (
    customer_id text NOT NULL,
    card text NOT NULL,
    CONSTRAINT pk_customer_card PRIMARY KEY (customer_id, card),
    CONSTRAINT fk_customer_card_customer_id_customer FOREIGN KEY (customer_id) REFERENCES customer (id)
);
CREATE INDEX ix_customer_card_card ON customer_card (card);

CREATE TABLE contact (
    id text NOT NULL,
    customer_id text NOT NULL,
    order_id text,
    at timestamp with time zone NOT NULL,
    channel text NOT NULL,
    direction text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    actor text NOT NULL,
    CONSTRAINT pk_contact PRIMARY KEY (id),
    CONSTRAINT fk_contact_customer_id_customer FOREIGN KEY (customer_id) REFERENCES customer (id),
    CONSTRAINT fk_contact_order_id_order FOREIGN KEY (order_id) REFERENCES "order" (id),
    CONSTRAINT ck_contact_direction_known CHECK (direction IN ('in', 'out', 'note'))
);
CREATE INDEX ix_contact_customer_id_contact_at ON contact (customer_id, at);
