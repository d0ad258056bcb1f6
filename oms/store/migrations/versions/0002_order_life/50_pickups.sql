CREATE TABLE pickup (
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    no INTEGER NOT NULL,
    node TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    deadline TIMESTAMP WITH TIME ZONE,
    wrong_codes INTEGER DEFAULT 0 NOT NULL,
    version INTEGER DEFAULT 1 NOT NULL,
    instants JSONB DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_pickup PRIMARY KEY (id),
    CONSTRAINT ck_pickup_state_known CHECK (state IN ('preparing', 'ready', 'customer_arrived', 'verified', 'collected', 'expired', 'cancelled')),
    CONSTRAINT ck_pickup_wrong_codes_limited CHECK (wrong_codes BETWEEN 0 AND 5),
    CONSTRAINT ck_pickup_deadline_when_ready CHECK (deadline IS NOT NULL OR NOT state IN ('ready', 'customer_arrived', 'verified')),
    CONSTRAINT fk_pickup_order_id FOREIGN KEY(order_id) REFERENCES "order" (id),
    CONSTRAINT fk_pickup_node FOREIGN KEY(node) REFERENCES node (id)
);

CREATE INDEX ix_pickup_deadline ON pickup (deadline) WHERE state IN ('ready', 'customer_arrived', 'verified');
CREATE INDEX ix_pickup_open ON pickup (node, id) WHERE state IN ('preparing', 'ready', 'customer_arrived', 'verified');
CREATE UNIQUE INDEX ix_pickup_order_id_pickup_no ON pickup (order_id, no);

CREATE TABLE pickup_fulfilment (
    pickup_id TEXT NOT NULL,
    fulfilment_order_id TEXT NOT NULL,
    CONSTRAINT pk_pickup_fulfilment PRIMARY KEY (pickup_id, fulfilment_order_id),
    CONSTRAINT fk_pickup_fulfilment_pickup_id FOREIGN KEY(pickup_id) REFERENCES pickup (id),
    CONSTRAINT fk_pickup_fulfilment_fulfilment_order_id FOREIGN KEY(fulfilment_order_id) REFERENCES fulfilment_order (id)
);

CREATE INDEX ix_pickup_fulfilment_fulfilment_order_id ON pickup_fulfilment (fulfilment_order_id);

