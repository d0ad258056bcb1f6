ALTER TABLE "order"
    ADD COLUMN shipping_credited_minor bigint DEFAULT 0 NOT NULL,
    ADD CONSTRAINT ck_order_shipping_credited_at_most
        CHECK (shipping_credited_minor BETWEEN 0 AND shipping_minor);

ALTER TABLE order_line
    ADD COLUMN credited integer DEFAULT 0 NOT NULL,
    ADD CONSTRAINT ck_order_line_credited_went_out
        CHECK (credited BETWEEN 0 AND delivered + refused + "returning" + lost);

CREATE TABLE refund (
    id text NOT NULL,
    order_id text NOT NULL,
    return_id text,
    amount_minor bigint NOT NULL,
    cause text NOT NULL,
    state text NOT NULL,
    at timestamp with time zone NOT NULL,
    reference text,
    instants jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT pk_refund PRIMARY KEY (id),
    CONSTRAINT fk_refund_order_id_order FOREIGN KEY (order_id) REFERENCES "order" (id),
    CONSTRAINT ck_refund_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT ck_refund_state_known CHECK (state IN ('due', 'sent', 'settled', 'failed', 'voided'))
);
CREATE INDEX ix_refund_order_id ON refund (order_id);
CREATE INDEX ix_refund_return ON refund (return_id) WHERE return_id IS NOT NULL;
CREATE INDEX ix_refund_pending ON refund (at) WHERE state IN ('due', 'sent', 'failed');

ALTER TABLE payment
    ADD COLUMN kind text DEFAULT 'authorised'::text NOT NULL,
    ADD COLUMN card text,
    ADD COLUMN actor text DEFAULT ''::text NOT NULL,
    ADD COLUMN channel text DEFAULT ''::text NOT NULL,
    ADD COLUMN refund_id text,
    ADD CONSTRAINT fk_payment_refund_id_refund FOREIGN KEY (refund_id) REFERENCES refund (id),
    ADD CONSTRAINT ck_payment_kind_known CHECK (kind IN ('authorised', 'captured', 'refunded', 'voided'));
CREATE INDEX ix_payment_card ON payment (card) WHERE card IS NOT NULL;
