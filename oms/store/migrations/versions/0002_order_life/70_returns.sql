CREATE TABLE "return" (
    id text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    state text NOT NULL,
    method text NOT NULL,
    channel text NOT NULL,
    node text,
    customer_id text,
    requested_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    breaches text[] DEFAULT '{}' NOT NULL,
    exception text DEFAULT ''::text NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    release text,
    credit_minor bigint DEFAULT 0 NOT NULL,
    instants jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT pk_return PRIMARY KEY (id),
    CONSTRAINT fk_return_node FOREIGN KEY (node) REFERENCES node (id),
    CONSTRAINT fk_return_customer_id FOREIGN KEY (customer_id) REFERENCES customer (id),
    CONSTRAINT ck_return_state_known CHECK (state IN
        ('requested', 'approved', 'declined', 'in_transit', 'received', 'inspected', 'closed', 'cancelled')),
    CONSTRAINT ck_return_method_known CHECK (method IN ('ship', 'counter', 'courier')),
    CONSTRAINT ck_return_release_known CHECK (release IN ('on_request', 'on_scan', 'on_receipt')),
    CONSTRAINT ck_return_credit_not_negative CHECK (credit_minor >= 0),
    CONSTRAINT ck_return_received_somewhere
        CHECK (state NOT IN ('received', 'inspected', 'closed') OR node IS NOT NULL)
);
CREATE INDEX ix_return_node_state ON "return" (node, state);
CREATE INDEX ix_return_customer_id ON "return" (customer_id);

CREATE TABLE return_line (
    return_id text NOT NULL,
    no integer NOT NULL,
    sku text NOT NULL,
    quantity integer NOT NULL,
    order_id text,
    line_id text,
    sold_line text,
    reason text DEFAULT ''::text NOT NULL,
    note text DEFAULT ''::text NOT NULL,
    condition text DEFAULT ''::text NOT NULL,
    received integer DEFAULT 0 NOT NULL,
    inspected integer DEFAULT 0 NOT NULL,
    refundable integer DEFAULT 0 NOT NULL,
    CONSTRAINT pk_return_line PRIMARY KEY (return_id, no),
    CONSTRAINT fk_return_line_return_id FOREIGN KEY (return_id) REFERENCES "return" (id),
    CONSTRAINT fk_return_line_sku FOREIGN KEY (sku) REFERENCES sku (id),
    CONSTRAINT fk_return_line_order_id_line_id FOREIGN KEY (order_id, line_id)
        REFERENCES order_line (order_id, line_id),
    CONSTRAINT ck_return_line_order_whole
        CHECK ((order_id IS NULL) = (line_id IS NULL) AND (order_id IS NULL) = (sold_line IS NULL)),
    CONSTRAINT ck_return_line_quantity_some CHECK (quantity >= 0 AND received >= 0 AND quantity + received > 0),
    CONSTRAINT ck_return_line_inspected_received CHECK (inspected BETWEEN 0 AND received),
    CONSTRAINT ck_return_line_refundable_received
        CHECK (refundable BETWEEN 0 AND received AND (refundable = 0 OR order_id IS NOT NULL))
);
CREATE INDEX ix_return_line_order_id_line_id ON return_line (order_id, line_id);

CREATE TABLE return_disposition (
    return_id text NOT NULL,
    line_no integer NOT NULL,
    no integer NOT NULL,
    disposition text NOT NULL,
    quantity integer NOT NULL,
    condition text DEFAULT ''::text NOT NULL,
    to_node text,
    transfer text,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    CONSTRAINT pk_return_disposition PRIMARY KEY (return_id, line_no, no),
    CONSTRAINT fk_return_disposition_return_id_line_no FOREIGN KEY (return_id, line_no)
        REFERENCES return_line (return_id, no),
    CONSTRAINT fk_return_disposition_to_node FOREIGN KEY (to_node) REFERENCES node (id),
    CONSTRAINT ck_return_disposition_disposition_known
        CHECK (disposition IN ('restock', 'restock_elsewhere', 'refurbish', 'damaged', 'scrap')),
    CONSTRAINT ck_return_disposition_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_return_disposition_elsewhere_somewhere
        CHECK ((disposition = 'restock_elsewhere') = (to_node IS NOT NULL))
);

ALTER TABLE "order"
    ADD COLUMN return_fee_minor bigint DEFAULT 0 NOT NULL,
    ADD COLUMN exchange_of text,
    ADD CONSTRAINT ck_order_return_fee_not_negative CHECK (return_fee_minor >= 0),
    ADD CONSTRAINT fk_order_exchange_of FOREIGN KEY (exchange_of) REFERENCES "return" (id);
CREATE UNIQUE INDEX uq_order_exchange_of ON "order" (exchange_of) WHERE exchange_of IS NOT NULL;

ALTER TABLE refund
    ADD CONSTRAINT fk_refund_return_id FOREIGN KEY (return_id) REFERENCES "return" (id);
