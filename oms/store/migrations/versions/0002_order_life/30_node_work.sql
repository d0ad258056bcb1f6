CREATE TABLE excluded_node (
    order_id text NOT NULL REFERENCES "order" (id),
    node text NOT NULL REFERENCES node (id),
    line_id text DEFAULT '*'::text NOT NULL,
    reason text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT pk_excluded_node PRIMARY KEY (order_id, node, line_id)
);

CREATE TABLE unroutable (
    order_id text NOT NULL REFERENCES "order" (id),
    code text NOT NULL,
    lines text[] DEFAULT '{}'::text[] NOT NULL,
    since timestamp with time zone NOT NULL,
    tried_at timestamp with time zone NOT NULL,
    CONSTRAINT pk_unroutable PRIMARY KEY (order_id)
);

CREATE TABLE promise_change (
    order_id text NOT NULL REFERENCES "order" (id),
    no integer NOT NULL,
    at timestamp with time zone NOT NULL,
    old_to timestamp with time zone NOT NULL,
    new_from timestamp with time zone NOT NULL,
    new_to timestamp with time zone NOT NULL,
    answer text,
    answered_at timestamp with time zone,
    CONSTRAINT pk_promise_change PRIMARY KEY (order_id, no),
    CONSTRAINT ck_promise_change_answer_known CHECK (answer IN ('accepted', 'declined', 'superseded')),
    CONSTRAINT ck_promise_change_answered CHECK ((answer IS NULL) = (answered_at IS NULL)),
    CONSTRAINT ck_promise_change_later CHECK (new_to > old_to)
);

CREATE TABLE stuck_alarm (
    fulfilment_order_id text NOT NULL REFERENCES fulfilment_order (id),
    state text NOT NULL,
    at timestamp with time zone NOT NULL,
    CONSTRAINT pk_stuck_alarm PRIMARY KEY (fulfilment_order_id, state)
);

CREATE INDEX ix_sku_backordered ON sku (no) WHERE backordered > 0;
