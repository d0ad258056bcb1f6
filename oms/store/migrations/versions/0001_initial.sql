CREATE FUNCTION anyshelf_stamp() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN NEW.stamp := pg_current_xact_id(); RETURN NEW; END $$;

CREATE FUNCTION anyshelf_touch_sku() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
  UPDATE sku SET stamp = pg_current_xact_id() WHERE no IN (OLD.kit_no, NEW.kit_no);
  RETURN NULL;
END $$;

CREATE TABLE address (
    id text NOT NULL,
    customer_id text,
    name text,
    street text,
    city text,
    postcode text NOT NULL,
    country text NOT NULL,
    lat double precision,
    lon double precision
);

CREATE TABLE api_key (
    id text NOT NULL,
    name text NOT NULL,
    hash bytea NOT NULL,
    role text NOT NULL,
    channels text[],
    nodes text[],
    grants text[] DEFAULT '{}'::text[] NOT NULL,
    rate_per_minute integer,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);

CREATE TABLE capacity (
    node_no integer NOT NULL,
    day date NOT NULL,
    bucket text NOT NULL,
    "limit" integer NOT NULL,
    held integer DEFAULT 0 NOT NULL,
    stamp xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT ck_capacity_held_within_limit CHECK (((0 <= held) AND (held <= "limit")))
);

CREATE TABLE capacity_hold (
    group_id text NOT NULL,
    node_no integer NOT NULL,
    day date NOT NULL,
    bucket text NOT NULL,
    quantity integer NOT NULL,
    state text DEFAULT 'held'::text NOT NULL,
    CONSTRAINT ck_capacity_hold_quantity_positive CHECK ((quantity > 0)),
    CONSTRAINT ck_capacity_hold_state_known CHECK ((state = ANY (ARRAY['held'::text, 'used'::text, 'released'::text])))
);

CREATE TABLE customer (
    id text NOT NULL,
    email text,
    name text,
    phone text,
    locale text,
    created_at timestamp with time zone NOT NULL
);

CREATE TABLE decision (
    id text NOT NULL,
    at timestamp with time zone NOT NULL,
    reference text NOT NULL,
    trigger text NOT NULL,
    digest text NOT NULL,
    inputs bytea NOT NULL,
    network_version bigint NOT NULL,
    network_digest text NOT NULL,
    policy_version bigint NOT NULL,
    plan jsonb NOT NULL
)
PARTITION BY RANGE (at);

CREATE TABLE decision_default (
    id text CONSTRAINT decision_id_not_null NOT NULL,
    at timestamp with time zone CONSTRAINT decision_at_not_null NOT NULL,
    reference text CONSTRAINT decision_reference_not_null NOT NULL,
    trigger text CONSTRAINT decision_trigger_not_null NOT NULL,
    digest text CONSTRAINT decision_digest_not_null NOT NULL,
    inputs bytea CONSTRAINT decision_inputs_not_null NOT NULL,
    network_version bigint CONSTRAINT decision_network_version_not_null NOT NULL,
    network_digest text CONSTRAINT decision_network_digest_not_null NOT NULL,
    policy_version bigint CONSTRAINT decision_policy_version_not_null NOT NULL,
    plan jsonb CONSTRAINT decision_plan_not_null NOT NULL
);

CREATE TABLE fence (
    node_no integer NOT NULL,
    sku_no integer NOT NULL,
    name text NOT NULL,
    channels text[] NOT NULL,
    quantity integer NOT NULL,
    stamp xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT ck_fence_quantity_not_negative CHECK ((quantity >= 0)),
    CONSTRAINT ck_fence_some_channel CHECK ((cardinality(channels) > 0))
);

CREATE TABLE fulfilment_line (
    fulfilment_order_id text NOT NULL,
    order_id text NOT NULL,
    line_id text NOT NULL,
    parcel integer NOT NULL,
    sku text NOT NULL,
    quantity integer NOT NULL,
    cancelled integer DEFAULT 0 NOT NULL,
    CONSTRAINT ck_fulfilment_line_quantity_positive CHECK (((quantity > 0) AND ((cancelled >= 0) AND (cancelled <= quantity))))
);

CREATE TABLE fulfilment_order (
    id text NOT NULL,
    order_id text NOT NULL,
    no integer NOT NULL,
    node text NOT NULL,
    method text NOT NULL,
    state text NOT NULL,
    group_id text NOT NULL,
    ship_at timestamp with time zone NOT NULL,
    arrive_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    cost_minor bigint NOT NULL,
    replaces text,
    version integer DEFAULT 1 NOT NULL,
    CONSTRAINT ck_fulfilment_order_state_known CHECK ((state = ANY (ARRAY['scheduled'::text, 'offered'::text, 'accepted'::text, 'picking'::text, 'picked'::text, 'packed'::text, 'ready_for_carrier'::text, 'ready_for_courier'::text, 'ready_for_pickup'::text, 'handed_over'::text, 'completed'::text, 'rejected'::text, 'expired'::text, 'cancelled'::text])))
);

CREATE TABLE held_quote (
    group_id text NOT NULL,
    quote jsonb NOT NULL,
    whereabouts text NOT NULL
);

CREATE TABLE import_job (
    id text NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    state text NOT NULL,
    step text DEFAULT ''::text NOT NULL,
    done integer DEFAULT 0 NOT NULL,
    total integer DEFAULT 0 NOT NULL,
    touched_at timestamp with time zone NOT NULL,
    faults jsonb DEFAULT '[]'::jsonb NOT NULL,
    more_faults integer DEFAULT 0 NOT NULL,
    put jsonb,
    files bytea,
    CONSTRAINT ck_import_job_state_known CHECK ((state = ANY (ARRAY['queued'::text, 'running'::text, 'done'::text, 'refused'::text])))
);

CREATE TABLE inbound (
    id text NOT NULL,
    node_no integer NOT NULL,
    place text NOT NULL,
    surplus_from text NOT NULL,
    shortfall_to text NOT NULL,
    eta timestamp with time zone NOT NULL,
    state text DEFAULT 'open'::text NOT NULL,
    reference text DEFAULT ''::text NOT NULL,
    stamp xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT ck_inbound_state_known CHECK ((state = ANY (ARRAY['open'::text, 'closed'::text])))
);

CREATE TABLE inbound_line (
    inbound_id text NOT NULL,
    sku_no integer NOT NULL,
    quantity integer NOT NULL,
    received integer DEFAULT 0 NOT NULL,
    promised integer DEFAULT 0 NOT NULL,
    stamp xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT ck_inbound_line_not_negative CHECK (((quantity >= 0) AND (received >= 0) AND (promised >= 0))),
    CONSTRAINT ck_inbound_line_promised_within_outstanding CHECK ((promised <= GREATEST((quantity - received), 0)))
);

CREATE TABLE kit (
    kit_no integer NOT NULL,
    component_no integer NOT NULL,
    quantity integer NOT NULL,
    keep_together boolean DEFAULT false NOT NULL,
    CONSTRAINT ck_kit_not_its_own_component CHECK ((kit_no <> component_no)),
    CONSTRAINT ck_kit_quantity_positive CHECK ((quantity > 0))
);

CREATE SEQUENCE movement_id
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE movement (
    id bigint DEFAULT nextval('movement_id'::regclass) NOT NULL,
    at timestamp with time zone NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    sku_no integer NOT NULL,
    quantity integer NOT NULL,
    from_place text NOT NULL,
    to_place text NOT NULL,
    cause text NOT NULL,
    reference text DEFAULT ''::text NOT NULL,
    actor text DEFAULT ''::text NOT NULL,
    CONSTRAINT ck_movement_goes_somewhere CHECK ((from_place <> to_place)),
    CONSTRAINT ck_movement_quantity_positive CHECK ((quantity > 0))
)
PARTITION BY RANGE (at);

CREATE TABLE movement_default (
    id bigint DEFAULT nextval('movement_id'::regclass) CONSTRAINT movement_id_not_null NOT NULL,
    at timestamp with time zone CONSTRAINT movement_at_not_null NOT NULL,
    occurred_at timestamp with time zone CONSTRAINT movement_occurred_at_not_null NOT NULL,
    sku_no integer CONSTRAINT movement_sku_no_not_null NOT NULL,
    quantity integer CONSTRAINT movement_quantity_not_null NOT NULL,
    from_place text CONSTRAINT movement_from_place_not_null NOT NULL,
    to_place text CONSTRAINT movement_to_place_not_null NOT NULL,
    cause text CONSTRAINT movement_cause_not_null NOT NULL,
    reference text DEFAULT ''::text CONSTRAINT movement_reference_not_null NOT NULL,
    actor text DEFAULT ''::text CONSTRAINT movement_actor_not_null NOT NULL,
    CONSTRAINT ck_movement_goes_somewhere CHECK ((from_place <> to_place)),
    CONSTRAINT ck_movement_quantity_positive CHECK ((quantity > 0))
);

CREATE TABLE network_document (
    kind text NOT NULL,
    id text NOT NULL,
    body jsonb NOT NULL,
    version integer NOT NULL,
    updated_at timestamp with time zone NOT NULL
);

CREATE TABLE node (
    no integer NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL,
    lat double precision,
    lon double precision,
    country text DEFAULT ''::text NOT NULL,
    postcode text DEFAULT ''::text NOT NULL,
    city text DEFAULT ''::text NOT NULL,
    timezone text DEFAULT 'UTC'::text NOT NULL,
    market text DEFAULT ''::text NOT NULL,
    active boolean DEFAULT true NOT NULL,
    profile jsonb DEFAULT '{}'::jsonb NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    stamp xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT ck_node_id_is_no_place CHECK (((id <> ALL (ARRAY[''::text, 'inbound'::text, 'in_transit'::text])) AND (POSITION((':'::text) IN (id)) = 0))),
    CONSTRAINT ck_node_kind_known CHECK ((kind = ANY (ARRAY['warehouse'::text, 'store'::text, 'dark_store'::text, 'vendor'::text, 'locker'::text, 'van'::text]))),
    CONSTRAINT ck_node_on_the_globe CHECK (((lat >= ('-90'::integer)::double precision) AND (lat <= (90)::double precision) AND ((lon >= ('-180'::integer)::double precision) AND (lon <= (180)::double precision))))
);

ALTER TABLE node ALTER COLUMN no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME node_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE "order" (
    id text NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    status text NOT NULL,
    channel text NOT NULL,
    currency text NOT NULL,
    method text NOT NULL,
    placed_at timestamp with time zone NOT NULL,
    customer_id text,
    address_id text,
    pickup_node text,
    external_refs jsonb DEFAULT '{}'::jsonb NOT NULL,
    shipping_minor bigint NOT NULL,
    discount_minor bigint NOT NULL,
    total_minor bigint NOT NULL,
    allow_partial boolean NOT NULL,
    promise jsonb NOT NULL,
    holds text[] DEFAULT '{}'::text[] NOT NULL,
    group_id text NOT NULL,
    quote_ref text DEFAULT ''::text NOT NULL,
    body_digest text NOT NULL,
    answer text DEFAULT ''::text NOT NULL,
    actor text NOT NULL,
    CONSTRAINT ck_order_status_known CHECK ((status = ANY (ARRAY['pending'::text, 'on_hold'::text, 'open'::text, 'partially_fulfilled'::text, 'fulfilled'::text, 'cancelled'::text, 'closed'::text]))),
    CONSTRAINT ck_order_total_not_negative CHECK ((total_minor >= 0))
);

CREATE TABLE order_line (
    order_id text NOT NULL,
    line_id text NOT NULL,
    no integer NOT NULL,
    sku text NOT NULL,
    kit_line text,
    is_kit boolean DEFAULT false NOT NULL,
    per_kit integer DEFAULT 0 NOT NULL,
    ordered integer NOT NULL,
    cancelled integer DEFAULT 0 NOT NULL,
    backordered integer DEFAULT 0 NOT NULL,
    unrouted integer DEFAULT 0 NOT NULL,
    routed integer DEFAULT 0 NOT NULL,
    picking integer DEFAULT 0 NOT NULL,
    picked integer DEFAULT 0 NOT NULL,
    packed integer DEFAULT 0 NOT NULL,
    in_transit integer DEFAULT 0 NOT NULL,
    ready_for_pickup integer DEFAULT 0 NOT NULL,
    delivered integer DEFAULT 0 NOT NULL,
    refused integer DEFAULT 0 NOT NULL,
    "returning" integer DEFAULT 0 NOT NULL,
    lost integer DEFAULT 0 NOT NULL,
    returned integer DEFAULT 0 NOT NULL,
    unit_price_minor bigint DEFAULT 0 NOT NULL,
    discount_minor bigint DEFAULT 0 NOT NULL,
    tax_minor bigint DEFAULT 0 NOT NULL,
    CONSTRAINT ck_order_line_every_unit_at_one_stage CHECK ((ordered = ((((((((((((cancelled + backordered) + unrouted) + routed) + picking) + picked) + packed) + in_transit) + ready_for_pickup) + delivered) + refused) + "returning") + lost))),
    CONSTRAINT ck_order_line_returned_went_out CHECK (((returned >= 0) AND (returned <= ((delivered + refused) + "returning")))),
    CONSTRAINT ck_order_line_stages_not_negative CHECK ((LEAST(cancelled, backordered, unrouted, routed, picking, picked, packed, in_transit, ready_for_pickup, delivered, refused, "returning", lost) >= 0))
);

CREATE SEQUENCE outbox_id
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

CREATE TABLE outbox (
    id bigint DEFAULT nextval('outbox_id'::regclass) NOT NULL,
    at timestamp with time zone NOT NULL,
    seq bigint,
    type text NOT NULL,
    subject text NOT NULL,
    subject_id text NOT NULL,
    actor text NOT NULL,
    data jsonb NOT NULL
)
PARTITION BY RANGE (at);

CREATE TABLE outbox_default (
    id bigint DEFAULT nextval('outbox_id'::regclass) CONSTRAINT outbox_id_not_null NOT NULL,
    at timestamp with time zone CONSTRAINT outbox_at_not_null NOT NULL,
    seq bigint,
    type text CONSTRAINT outbox_type_not_null NOT NULL,
    subject text CONSTRAINT outbox_subject_not_null NOT NULL,
    subject_id text CONSTRAINT outbox_subject_id_not_null NOT NULL,
    actor text CONSTRAINT outbox_actor_not_null NOT NULL,
    data jsonb CONSTRAINT outbox_data_not_null NOT NULL
);

CREATE TABLE payment (
    order_id text NOT NULL,
    no integer NOT NULL,
    at timestamp with time zone NOT NULL,
    method text NOT NULL,
    amount_minor bigint NOT NULL,
    reference text,
    terminal text,
    acquirer text,
    CONSTRAINT ck_payment_amount_positive CHECK ((amount_minor > 0))
);

CREATE TABLE place (
    country text NOT NULL,
    postcode text NOT NULL,
    city text,
    lat double precision NOT NULL,
    lon double precision NOT NULL,
    CONSTRAINT ck_place_on_the_globe CHECK (((lat >= ('-90'::integer)::double precision) AND (lat <= (90)::double precision) AND ((lon >= ('-180'::integer)::double precision) AND (lon <= (180)::double precision))))
);

CREATE TABLE "position" (
    node_no integer NOT NULL,
    sku_no integer NOT NULL,
    on_hand integer DEFAULT 0 NOT NULL,
    reserved integer DEFAULT 0 NOT NULL,
    safety_stock integer DEFAULT 0 NOT NULL,
    bin text DEFAULT ''::text NOT NULL,
    blocked boolean DEFAULT false NOT NULL,
    stamp xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT ck_position_reserved_within_on_hand CHECK (((0 <= reserved) AND (reserved <= on_hand))),
    CONSTRAINT ck_position_safety_stock_not_negative CHECK ((safety_stock >= 0))
);

CREATE TABLE request (
    key_id text NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    refused boolean NOT NULL,
    status smallint NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL
);

CREATE TABLE reservation (
    no bigint NOT NULL,
    group_id text CONSTRAINT reservation_group_id_not_null1 NOT NULL,
    line_id text NOT NULL,
    kind text NOT NULL,
    node_no integer,
    inbound_id text,
    sku_no integer NOT NULL,
    quantity integer NOT NULL,
    fence text,
    fenced integer DEFAULT 0 NOT NULL,
    state text NOT NULL,
    promise_at timestamp with time zone,
    changed_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_reservation_fenced CHECK (((0 <= fenced) AND (fenced <= quantity) AND ((fenced > 0) = (fence IS NOT NULL)))),
    CONSTRAINT ck_reservation_kind_known CHECK ((kind = ANY (ARRAY['shelf'::text, 'inbound'::text, 'backorder'::text]))),
    CONSTRAINT ck_reservation_names_a_node CHECK (((kind = 'backorder'::text) = (node_no IS NULL))),
    CONSTRAINT ck_reservation_names_its_inbound CHECK (((kind = 'inbound'::text) = (inbound_id IS NOT NULL))),
    CONSTRAINT ck_reservation_quantity_positive CHECK ((quantity > 0)),
    CONSTRAINT ck_reservation_state_known CHECK ((state = ANY (ARRAY['held'::text, 'posted'::text, 'voided'::text, 'expired'::text, 'displaced'::text])))
);

CREATE TABLE reservation_group (
    id text NOT NULL,
    digest text NOT NULL,
    channel text NOT NULL,
    owner text NOT NULL,
    reference text NOT NULL,
    state text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    CONSTRAINT ck_reservation_group_active_expires CHECK (((state <> 'active'::text) OR (expires_at IS NOT NULL))),
    CONSTRAINT ck_reservation_group_at_most_four_hours CHECK ((expires_at <= (created_at + '04:00:00'::interval))),
    CONSTRAINT ck_reservation_group_state_known CHECK ((state = ANY (ARRAY['active'::text, 'firm'::text, 'posted'::text, 'voided'::text, 'expired'::text])))
);

ALTER TABLE reservation ALTER COLUMN no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME reservation_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE resourcing (
    no bigint NOT NULL,
    group_id text NOT NULL,
    line_id text NOT NULL,
    node_no integer,
    sku_no integer NOT NULL,
    quantity integer NOT NULL,
    cause text NOT NULL,
    promise_at timestamp with time zone,
    at timestamp with time zone NOT NULL,
    resolved_at timestamp with time zone,
    CONSTRAINT ck_resourcing_quantity_positive CHECK ((quantity > 0))
);

ALTER TABLE resourcing ALTER COLUMN no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME resourcing_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE secret (
    name text NOT NULL,
    value text NOT NULL,
    at timestamp with time zone NOT NULL
);

CREATE TABLE sku (
    no integer NOT NULL,
    id text NOT NULL,
    name text NOT NULL,
    barcodes text[] DEFAULT '{}'::text[] NOT NULL,
    weight_g integer DEFAULT 0 NOT NULL,
    length_mm integer DEFAULT 0 NOT NULL,
    width_mm integer DEFAULT 0 NOT NULL,
    height_mm integer DEFAULT 0 NOT NULL,
    flags text[] DEFAULT '{}'::text[] NOT NULL,
    unit_price_minor bigint DEFAULT 0 NOT NULL,
    active boolean DEFAULT true NOT NULL,
    backorder_cap integer DEFAULT 0 NOT NULL,
    preorder_from date,
    backordered integer DEFAULT 0 NOT NULL,
    version integer DEFAULT 1 NOT NULL,
    stamp xid8 DEFAULT pg_current_xact_id() NOT NULL,
    CONSTRAINT ck_sku_backordered_within_cap CHECK (((0 <= backordered) AND (backordered <= backorder_cap))),
    CONSTRAINT ck_sku_id_not_empty CHECK ((id <> ''::text)),
    CONSTRAINT ck_sku_measures_not_negative CHECK (((weight_g >= 0) AND (length_mm >= 0) AND (width_mm >= 0) AND (height_mm >= 0))),
    CONSTRAINT ck_sku_price_not_negative CHECK ((unit_price_minor >= 0))
);

ALTER TABLE sku ALTER COLUMN no ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME sku_no_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE transfer (
    id text NOT NULL,
    from_node_no integer NOT NULL,
    to_node_no integer NOT NULL,
    state text DEFAULT 'planned'::text NOT NULL,
    eta timestamp with time zone NOT NULL,
    reference text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT ck_transfer_goes_elsewhere CHECK ((from_node_no <> to_node_no)),
    CONSTRAINT ck_transfer_state_known CHECK ((state = ANY (ARRAY['planned'::text, 'shipped'::text, 'closed'::text, 'cancelled'::text])))
);

CREATE TABLE transfer_line (
    transfer_id text NOT NULL,
    line_id text NOT NULL,
    group_id text NOT NULL,
    sku_no integer NOT NULL,
    quantity integer NOT NULL,
    shipped integer DEFAULT 0 NOT NULL,
    CONSTRAINT ck_transfer_line_shipped_within_quantity CHECK (((quantity > 0) AND ((shipped >= 0) AND (shipped <= quantity))))
);

CREATE TABLE version (
    name text NOT NULL,
    number bigint NOT NULL
);

ALTER TABLE ONLY decision ATTACH PARTITION decision_default DEFAULT;

ALTER TABLE ONLY movement ATTACH PARTITION movement_default DEFAULT;

ALTER TABLE ONLY outbox ATTACH PARTITION outbox_default DEFAULT;

ALTER TABLE ONLY decision
    ADD CONSTRAINT pk_decision PRIMARY KEY (id, at);

ALTER TABLE ONLY decision_default
    ADD CONSTRAINT decision_default_pkey PRIMARY KEY (id, at);

ALTER TABLE ONLY movement
    ADD CONSTRAINT pk_movement PRIMARY KEY (id, at);

ALTER TABLE ONLY movement_default
    ADD CONSTRAINT movement_default_pkey PRIMARY KEY (id, at);

ALTER TABLE ONLY outbox
    ADD CONSTRAINT pk_outbox PRIMARY KEY (id, at);

ALTER TABLE ONLY outbox_default
    ADD CONSTRAINT outbox_default_pkey PRIMARY KEY (id, at);

ALTER TABLE ONLY address
    ADD CONSTRAINT pk_address PRIMARY KEY (id);

ALTER TABLE ONLY api_key
    ADD CONSTRAINT pk_api_key PRIMARY KEY (id);

ALTER TABLE ONLY capacity
    ADD CONSTRAINT pk_capacity PRIMARY KEY (node_no, day, bucket);

ALTER TABLE ONLY capacity_hold
    ADD CONSTRAINT pk_capacity_hold PRIMARY KEY (group_id, node_no, day, bucket);

ALTER TABLE ONLY customer
    ADD CONSTRAINT pk_customer PRIMARY KEY (id);

ALTER TABLE ONLY fence
    ADD CONSTRAINT pk_fence PRIMARY KEY (sku_no, node_no, name);

ALTER TABLE ONLY fulfilment_line
    ADD CONSTRAINT pk_fulfilment_line PRIMARY KEY (fulfilment_order_id, line_id, parcel);

ALTER TABLE ONLY fulfilment_order
    ADD CONSTRAINT pk_fulfilment_order PRIMARY KEY (id);

ALTER TABLE ONLY held_quote
    ADD CONSTRAINT pk_held_quote PRIMARY KEY (group_id);

ALTER TABLE ONLY import_job
    ADD CONSTRAINT pk_import_job PRIMARY KEY (id);

ALTER TABLE ONLY inbound
    ADD CONSTRAINT pk_inbound PRIMARY KEY (id);

ALTER TABLE ONLY inbound_line
    ADD CONSTRAINT pk_inbound_line PRIMARY KEY (inbound_id, sku_no);

ALTER TABLE ONLY kit
    ADD CONSTRAINT pk_kit PRIMARY KEY (kit_no, component_no);

ALTER TABLE ONLY network_document
    ADD CONSTRAINT pk_network_document PRIMARY KEY (kind, id);

ALTER TABLE ONLY node
    ADD CONSTRAINT pk_node PRIMARY KEY (no);

ALTER TABLE ONLY "order"
    ADD CONSTRAINT pk_order PRIMARY KEY (id);

ALTER TABLE ONLY order_line
    ADD CONSTRAINT pk_order_line PRIMARY KEY (order_id, line_id);

ALTER TABLE ONLY payment
    ADD CONSTRAINT pk_payment PRIMARY KEY (order_id, no);

ALTER TABLE ONLY place
    ADD CONSTRAINT pk_place PRIMARY KEY (country, postcode);

ALTER TABLE ONLY "position"
    ADD CONSTRAINT pk_position PRIMARY KEY (sku_no, node_no);

ALTER TABLE ONLY request
    ADD CONSTRAINT pk_request PRIMARY KEY (key_id, key);

ALTER TABLE ONLY reservation
    ADD CONSTRAINT pk_reservation PRIMARY KEY (no);

ALTER TABLE ONLY reservation_group
    ADD CONSTRAINT pk_reservation_group PRIMARY KEY (id);

ALTER TABLE ONLY resourcing
    ADD CONSTRAINT pk_resourcing PRIMARY KEY (no);

ALTER TABLE ONLY secret
    ADD CONSTRAINT pk_secret PRIMARY KEY (name);

ALTER TABLE ONLY sku
    ADD CONSTRAINT pk_sku PRIMARY KEY (no);

ALTER TABLE ONLY transfer
    ADD CONSTRAINT pk_transfer PRIMARY KEY (id);

ALTER TABLE ONLY transfer_line
    ADD CONSTRAINT pk_transfer_line PRIMARY KEY (transfer_id, line_id);

ALTER TABLE ONLY version
    ADD CONSTRAINT pk_version PRIMARY KEY (name);

ALTER TABLE ONLY node
    ADD CONSTRAINT uq_node_id UNIQUE (id);

ALTER TABLE ONLY sku
    ADD CONSTRAINT uq_sku_id UNIQUE (id);

CREATE INDEX ix_decision_reference_decision_at ON ONLY decision USING btree (reference, at);

CREATE INDEX decision_default_reference_at_idx ON decision_default USING btree (reference, at);

CREATE INDEX ix_address_customer_id ON address USING btree (customer_id);

CREATE INDEX ix_capacity_stamp ON capacity USING btree (stamp);

CREATE INDEX ix_fence_stamp ON fence USING btree (stamp);

CREATE INDEX ix_fulfilment_order_node_fulfilment_order_state_fulfilm_e5f7 ON fulfilment_order USING btree (node, state, ship_at);

CREATE UNIQUE INDEX ix_fulfilment_order_order_id_fulfilment_order_no ON fulfilment_order USING btree (order_id, no);

CREATE INDEX ix_import_job_open ON import_job USING btree (at) WHERE (state = ANY (ARRAY['queued'::text, 'running'::text]));

CREATE INDEX ix_inbound_line_sku_no ON inbound_line USING btree (sku_no);

CREATE INDEX ix_inbound_line_stamp ON inbound_line USING btree (stamp);

CREATE INDEX ix_inbound_open ON inbound USING btree (node_no, eta) WHERE (state = 'open'::text);

CREATE INDEX ix_inbound_stamp ON inbound USING btree (stamp);

CREATE INDEX ix_movement_sku_no_movement_id ON ONLY movement USING btree (sku_no, id);

CREATE INDEX ix_node_stamp ON node USING btree (stamp);

CREATE INDEX ix_order_customer_id ON "order" USING btree (customer_id);

CREATE INDEX ix_order_external_refs ON "order" USING gin (external_refs);

CREATE INDEX ix_order_line_sku ON order_line USING btree (sku);

CREATE INDEX ix_order_placed_at_order_id ON "order" USING btree (placed_at, id);

CREATE INDEX ix_order_status_order_placed_at ON "order" USING btree (status, placed_at);

CREATE INDEX ix_outbox_seq ON ONLY outbox USING btree (seq);

CREATE INDEX ix_outbox_subject_outbox_subject_id_outbox_id ON ONLY outbox USING btree (subject, subject_id, id);

CREATE INDEX ix_outbox_unpublished ON ONLY outbox USING btree (id) WHERE (seq IS NULL);

CREATE INDEX ix_position_node_no_position_sku_no ON "position" USING btree (node_no, sku_no);

CREATE INDEX ix_position_stamp ON "position" USING btree (stamp);

CREATE INDEX ix_request_at ON request USING btree (at);

CREATE INDEX ix_reservation_group_due ON reservation_group USING btree (expires_at) WHERE (state = 'active'::text);

CREATE INDEX ix_reservation_group_id ON reservation USING btree (group_id);

CREATE INDEX ix_reservation_group_open ON reservation_group USING btree (created_at, id) WHERE (state = ANY (ARRAY['active'::text, 'firm'::text]));

CREATE INDEX ix_reservation_group_owner ON reservation_group USING btree (owner) WHERE (state = ANY (ARRAY['active'::text, 'firm'::text]));

CREATE INDEX ix_reservation_group_reference ON reservation_group USING btree (reference);

CREATE INDEX ix_reservation_held ON reservation USING btree (sku_no, node_no) WHERE (state = 'held'::text);

CREATE INDEX ix_reservation_inbound_held ON reservation USING btree (inbound_id) WHERE (state = 'held'::text);

CREATE INDEX ix_resourcing_group_open ON resourcing USING btree (group_id) WHERE (resolved_at IS NULL);

CREATE INDEX ix_resourcing_open ON resourcing USING btree (no) WHERE (resolved_at IS NULL);

CREATE INDEX ix_sku_barcodes ON sku USING gin (barcodes);

CREATE INDEX ix_sku_stamp ON sku USING btree (stamp);

CREATE INDEX ix_transfer_open ON transfer USING btree (to_node_no) WHERE (state = ANY (ARRAY['planned'::text, 'shipped'::text]));

CREATE INDEX movement_default_sku_no_id_idx ON movement_default USING btree (sku_no, id);

CREATE INDEX outbox_default_id_idx ON outbox_default USING btree (id) WHERE (seq IS NULL);

CREATE INDEX outbox_default_seq_idx ON outbox_default USING btree (seq);

CREATE INDEX outbox_default_subject_subject_id_id_idx ON outbox_default USING btree (subject, subject_id, id);

CREATE UNIQUE INDEX uq_customer_email ON customer USING btree (lower(email));

ALTER INDEX pk_decision ATTACH PARTITION decision_default_pkey;

ALTER INDEX ix_decision_reference_decision_at ATTACH PARTITION decision_default_reference_at_idx;

ALTER INDEX pk_movement ATTACH PARTITION movement_default_pkey;

ALTER INDEX ix_movement_sku_no_movement_id ATTACH PARTITION movement_default_sku_no_id_idx;

ALTER INDEX ix_outbox_unpublished ATTACH PARTITION outbox_default_id_idx;

ALTER INDEX pk_outbox ATTACH PARTITION outbox_default_pkey;

ALTER INDEX ix_outbox_seq ATTACH PARTITION outbox_default_seq_idx;

ALTER INDEX ix_outbox_subject_outbox_subject_id_outbox_id ATTACH PARTITION outbox_default_subject_subject_id_id_idx;

CREATE TRIGGER stamp BEFORE UPDATE ON inbound FOR EACH ROW EXECUTE FUNCTION anyshelf_stamp();

CREATE TRIGGER stamp BEFORE UPDATE ON inbound_line FOR EACH ROW EXECUTE FUNCTION anyshelf_stamp();

CREATE TRIGGER stamp BEFORE UPDATE ON node FOR EACH ROW EXECUTE FUNCTION anyshelf_stamp();

CREATE TRIGGER stamp BEFORE UPDATE ON sku FOR EACH ROW EXECUTE FUNCTION anyshelf_stamp();

CREATE TRIGGER touch_sku AFTER INSERT OR DELETE OR UPDATE ON kit FOR EACH ROW EXECUTE FUNCTION anyshelf_touch_sku();

ALTER TABLE ONLY address
    ADD CONSTRAINT fk_address_customer_id FOREIGN KEY (customer_id) REFERENCES customer(id);

ALTER TABLE ONLY capacity_hold
    ADD CONSTRAINT fk_capacity_hold_group_id FOREIGN KEY (group_id) REFERENCES reservation_group(id);

ALTER TABLE ONLY capacity
    ADD CONSTRAINT fk_capacity_node_no FOREIGN KEY (node_no) REFERENCES node(no);

ALTER TABLE ONLY fence
    ADD CONSTRAINT fk_fence_sku_no_node_no FOREIGN KEY (sku_no, node_no) REFERENCES "position"(sku_no, node_no);

ALTER TABLE ONLY fulfilment_line
    ADD CONSTRAINT fk_fulfilment_line_fulfilment_order_id FOREIGN KEY (fulfilment_order_id) REFERENCES fulfilment_order(id);

ALTER TABLE ONLY fulfilment_line
    ADD CONSTRAINT fk_fulfilment_line_order_id_line_id FOREIGN KEY (order_id, line_id) REFERENCES order_line(order_id, line_id);

ALTER TABLE ONLY fulfilment_order
    ADD CONSTRAINT fk_fulfilment_order_node FOREIGN KEY (node) REFERENCES node(id);

ALTER TABLE ONLY fulfilment_order
    ADD CONSTRAINT fk_fulfilment_order_order_id FOREIGN KEY (order_id) REFERENCES "order"(id);

ALTER TABLE ONLY held_quote
    ADD CONSTRAINT fk_held_quote_group_id FOREIGN KEY (group_id) REFERENCES reservation_group(id);

ALTER TABLE ONLY inbound_line
    ADD CONSTRAINT fk_inbound_line_inbound_id FOREIGN KEY (inbound_id) REFERENCES inbound(id);

ALTER TABLE ONLY inbound_line
    ADD CONSTRAINT fk_inbound_line_sku_no FOREIGN KEY (sku_no) REFERENCES sku(no);

ALTER TABLE ONLY inbound
    ADD CONSTRAINT fk_inbound_node_no FOREIGN KEY (node_no) REFERENCES node(no);

ALTER TABLE ONLY kit
    ADD CONSTRAINT fk_kit_component_no FOREIGN KEY (component_no) REFERENCES sku(no);

ALTER TABLE ONLY kit
    ADD CONSTRAINT fk_kit_kit_no FOREIGN KEY (kit_no) REFERENCES sku(no);

ALTER TABLE ONLY "order"
    ADD CONSTRAINT fk_order_address_id FOREIGN KEY (address_id) REFERENCES address(id);

ALTER TABLE ONLY "order"
    ADD CONSTRAINT fk_order_customer_id FOREIGN KEY (customer_id) REFERENCES customer(id);

ALTER TABLE ONLY order_line
    ADD CONSTRAINT fk_order_line_order_id FOREIGN KEY (order_id) REFERENCES "order"(id);

ALTER TABLE ONLY order_line
    ADD CONSTRAINT fk_order_line_sku FOREIGN KEY (sku) REFERENCES sku(id);

ALTER TABLE ONLY "order"
    ADD CONSTRAINT fk_order_pickup_node FOREIGN KEY (pickup_node) REFERENCES node(id);

ALTER TABLE ONLY payment
    ADD CONSTRAINT fk_payment_order_id FOREIGN KEY (order_id) REFERENCES "order"(id);

ALTER TABLE ONLY "position"
    ADD CONSTRAINT fk_position_node_no FOREIGN KEY (node_no) REFERENCES node(no);

ALTER TABLE ONLY "position"
    ADD CONSTRAINT fk_position_sku_no FOREIGN KEY (sku_no) REFERENCES sku(no);

ALTER TABLE ONLY reservation
    ADD CONSTRAINT fk_reservation_group_id FOREIGN KEY (group_id) REFERENCES reservation_group(id);

ALTER TABLE ONLY resourcing
    ADD CONSTRAINT fk_resourcing_group_id FOREIGN KEY (group_id) REFERENCES reservation_group(id);

ALTER TABLE ONLY transfer
    ADD CONSTRAINT fk_transfer_from_node_no FOREIGN KEY (from_node_no) REFERENCES node(no);

ALTER TABLE ONLY transfer_line
    ADD CONSTRAINT fk_transfer_line_group_id FOREIGN KEY (group_id) REFERENCES reservation_group(id);

ALTER TABLE ONLY transfer_line
    ADD CONSTRAINT fk_transfer_line_sku_no FOREIGN KEY (sku_no) REFERENCES sku(no);

ALTER TABLE ONLY transfer_line
    ADD CONSTRAINT fk_transfer_line_transfer_id FOREIGN KEY (transfer_id) REFERENCES transfer(id);

ALTER TABLE ONLY transfer
    ADD CONSTRAINT fk_transfer_to_node_no FOREIGN KEY (to_node_no) REFERENCES node(no);
