CREATE TABLE courier_run (
    id text NOT NULL,
    node text NOT NULL,
    courier text NOT NULL,
    state text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    instants jsonb DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_courier_run PRIMARY KEY (id),
    CONSTRAINT ck_courier_run_state_known CHECK (state IN ('planned', 'started', 'ended', 'cancelled')),
    CONSTRAINT fk_courier_run_node FOREIGN KEY(node) REFERENCES node (id),
    CONSTRAINT fk_courier_run_courier FOREIGN KEY(courier) REFERENCES api_key (id)
);

CREATE INDEX ix_courier_run_courier_courier_run_created_at ON courier_run (courier, created_at);
CREATE INDEX ix_courier_run_node_courier_run_created_at ON courier_run (node, created_at);

CREATE TABLE courier_stop (
    id text NOT NULL,
    order_id text NOT NULL,
    fulfilment_order text NOT NULL,
    node text NOT NULL,
    attempt integer NOT NULL,
    state text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    run_id text,
    place integer DEFAULT 0 NOT NULL,
    outcome text,
    reason text DEFAULT '' NOT NULL,
    next_step text DEFAULT '' NOT NULL,
    return_node text,
    due_minor bigint DEFAULT 0 NOT NULL,
    collected_minor bigint DEFAULT 0 NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    instants jsonb DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_courier_stop PRIMARY KEY (id),
    CONSTRAINT ck_courier_stop_state_known CHECK (state IN ('created', 'assigned', 'accepted', 'en_route_to_pickup', 'arrived_at_pickup', 'picked_up', 'en_route_to_dropoff', 'arrived_at_dropoff', 'completed', 'returning', 'arrived_at_return', 'returned', 'declined', 'cancelled')),
    CONSTRAINT ck_courier_stop_outcome_known CHECK (outcome IN ('delivered', 'partially_accepted', 'refused', 'failed_attempt')),
    CONSTRAINT ck_courier_stop_next_step_known CHECK (next_step IN ('', 'retry', 'return', 'call')),
    CONSTRAINT ck_courier_stop_under_way_on_a_run CHECK (run_id IS NOT NULL OR state IN ('created', 'cancelled')),
    CONSTRAINT ck_courier_stop_money_not_negative CHECK (least(due_minor, collected_minor) >= 0),
    CONSTRAINT fk_courier_stop_order_id FOREIGN KEY(order_id) REFERENCES "order" (id),
    CONSTRAINT fk_courier_stop_fulfilment_order FOREIGN KEY(fulfilment_order) REFERENCES fulfilment_order (id),
    CONSTRAINT fk_courier_stop_node FOREIGN KEY(node) REFERENCES node (id),
    CONSTRAINT fk_courier_stop_run_id FOREIGN KEY(run_id) REFERENCES courier_run (id),
    CONSTRAINT fk_courier_stop_return_node FOREIGN KEY(return_node) REFERENCES node (id)
);

CREATE INDEX ix_courier_stop_order ON courier_stop (order_id);
CREATE INDEX ix_courier_stop_run ON courier_stop (run_id, place);
CREATE INDEX ix_courier_stop_waiting ON courier_stop (node) WHERE state = 'created';
CREATE UNIQUE INDEX uq_courier_stop_attempt ON courier_stop (fulfilment_order, attempt);
CREATE UNIQUE INDEX uq_courier_stop_under_way ON courier_stop (fulfilment_order) WHERE state IN ('assigned', 'accepted', 'en_route_to_pickup', 'arrived_at_pickup', 'picked_up', 'en_route_to_dropoff', 'arrived_at_dropoff');

CREATE TABLE courier_stop_line (
    stop_id text NOT NULL,
    line_id text NOT NULL,
    sku text NOT NULL,
    quantity integer NOT NULL,
    aboard integer DEFAULT 0 NOT NULL,
    kept integer DEFAULT 0 NOT NULL,
    back integer DEFAULT 0 NOT NULL,
    lost integer DEFAULT 0 NOT NULL,
    passed integer DEFAULT 0 NOT NULL,
    inspected integer DEFAULT 0 NOT NULL,
    CONSTRAINT pk_courier_stop_line PRIMARY KEY (stop_id, line_id),
    CONSTRAINT ck_courier_stop_line_at_one_place CHECK (quantity > 0 AND quantity = aboard + kept + back + lost + passed),
    CONSTRAINT ck_courier_stop_line_not_negative CHECK (least(aboard, kept, back, lost, passed) >= 0),
    CONSTRAINT ck_courier_stop_line_inspected_came_back CHECK (inspected BETWEEN 0 AND back),
    CONSTRAINT fk_courier_stop_line_stop_id FOREIGN KEY(stop_id) REFERENCES courier_stop (id),
    CONSTRAINT fk_courier_stop_line_sku FOREIGN KEY(sku) REFERENCES sku (id)
);


CREATE TABLE courier_event (
    id text NOT NULL,
    stop_id text NOT NULL,
    digest bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    result text NOT NULL,
    data jsonb NOT NULL,
    CONSTRAINT pk_courier_event PRIMARY KEY (id),
    CONSTRAINT ck_courier_event_result_known CHECK (result IN ('applied', 'superseded')),
    CONSTRAINT fk_courier_event_stop_id FOREIGN KEY(stop_id) REFERENCES courier_stop (id)
);

CREATE INDEX ix_courier_event_stop ON courier_event (stop_id, occurred_at);
