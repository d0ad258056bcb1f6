ALTER TABLE "order"
    ADD COLUMN substitution text DEFAULT 'none'::text NOT NULL,
    ADD CONSTRAINT ck_order_substitution_known CHECK (substitution IN ('none', 'allowed'));

CREATE TABLE pick_list (
    id text NOT NULL,
    node text NOT NULL,
    state text NOT NULL,
    method text,
    created_at timestamp with time zone NOT NULL,
    claimed_by text DEFAULT ''::text NOT NULL,
    claimed_at timestamp with time zone,
    ended_at timestamp with time zone,
    CONSTRAINT pk_pick_list PRIMARY KEY (id),
    CONSTRAINT fk_pick_list_node FOREIGN KEY (node) REFERENCES node (id),
    CONSTRAINT ck_pick_list_state_known CHECK (state IN ('open', 'claimed', 'done', 'cancelled')),
    CONSTRAINT ck_pick_list_claimed_by_somebody CHECK (state <> 'claimed' OR claimed_by <> '')
);
CREATE INDEX ix_pick_list_node ON pick_list (node, state, created_at, id);

CREATE TABLE pick_task (
    pick_list_id text NOT NULL,
    no integer NOT NULL,
    order_id text NOT NULL,
    fulfilment_order_id text NOT NULL,
    line_id text NOT NULL,
    parcel integer NOT NULL,
    sku text NOT NULL,
    bin text DEFAULT ''::text NOT NULL,
    tote text NOT NULL,
    state text NOT NULL,
    short integer DEFAULT 0 NOT NULL,
    substituted integer DEFAULT 0 NOT NULL,
    reason text DEFAULT ''::text NOT NULL,
    instead_of integer,
    CONSTRAINT pk_pick_task PRIMARY KEY (pick_list_id, no),
    CONSTRAINT fk_pick_task_pick_list_id FOREIGN KEY (pick_list_id) REFERENCES pick_list (id),
    CONSTRAINT fk_pick_task_fulfilment_order_id_line_id_parcel
        FOREIGN KEY (fulfilment_order_id, line_id, parcel)
        REFERENCES fulfilment_line (fulfilment_order_id, line_id, parcel),
    CONSTRAINT ck_pick_task_state_known
        CHECK (state IN ('open', 'picked', 'short', 'substituted', 'withdrawn')),
    CONSTRAINT ck_pick_task_units_not_negative CHECK (LEAST(short, substituted) >= 0),
    CONSTRAINT ck_pick_task_says_why CHECK (short + substituted = 0 OR reason <> '')
);
CREATE UNIQUE INDEX uq_pick_task_open ON pick_task (fulfilment_order_id, line_id, parcel)
    WHERE state = 'open';

CREATE TABLE pick_serial (
    fulfilment_order_id text NOT NULL,
    line_id text NOT NULL,
    parcel integer NOT NULL,
    serial text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT pk_pick_serial PRIMARY KEY (fulfilment_order_id, line_id, serial),
    CONSTRAINT fk_pick_serial_fulfilment_order_id_line_id_parcel
        FOREIGN KEY (fulfilment_order_id, line_id, parcel)
        REFERENCES fulfilment_line (fulfilment_order_id, line_id, parcel)
);

ALTER TABLE fulfilment_order
    ADD CONSTRAINT fk_fulfilment_order_pick_list_id
    FOREIGN KEY (pick_list_id) REFERENCES pick_list (id);
CREATE INDEX ix_fulfilment_line_put_back ON fulfilment_line (fulfilment_order_id) WHERE put_back > 0;

CREATE TABLE substitute (
    sku_no integer NOT NULL,
    substitute_no integer NOT NULL,
    rank integer NOT NULL,
    CONSTRAINT pk_substitute PRIMARY KEY (sku_no, substitute_no),
    CONSTRAINT fk_substitute_sku_no FOREIGN KEY (sku_no) REFERENCES sku (no),
    CONSTRAINT fk_substitute_substitute_no FOREIGN KEY (substitute_no) REFERENCES sku (no),
    CONSTRAINT ck_substitute_not_itself CHECK (sku_no <> substitute_no),
    CONSTRAINT ck_substitute_rank_positive CHECK (rank > 0)
);
