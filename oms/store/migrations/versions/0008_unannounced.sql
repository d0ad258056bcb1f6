-- Rules of the policy that stand against paying for units nobody announced.
ALTER TABLE return_line ADD COLUMN breaches text[] DEFAULT '{}' NOT NULL;

-- What the office paid for goods of a return that belong to no order.
CREATE TABLE goodwill (
    return_id text NOT NULL,
    no integer NOT NULL,
    at timestamptz NOT NULL,
    method text NOT NULL,
    amount_minor bigint NOT NULL,
    reference text,
    reason text NOT NULL,
    actor text DEFAULT '' NOT NULL,
    channel text DEFAULT '' NOT NULL,
    CONSTRAINT pk_goodwill PRIMARY KEY (return_id, no),
    CONSTRAINT fk_goodwill_return_id FOREIGN KEY (return_id) REFERENCES "return" (id),
    CONSTRAINT ck_goodwill_amount_positive CHECK (amount_minor > 0),
    CONSTRAINT ck_goodwill_has_a_reason CHECK (reason <> '')
);
