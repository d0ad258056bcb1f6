CREATE TABLE shipment (
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    fulfilment_order_id TEXT NOT NULL,
    no INTEGER NOT NULL,
    node TEXT NOT NULL,
    state TEXT NOT NULL,
    weight_g BIGINT,
    length_mm INTEGER,
    width_mm INTEGER,
    height_mm INTEGER,
    carrier TEXT DEFAULT '' NOT NULL,
    tracking_reference TEXT DEFAULT '' NOT NULL,
    manifest_id TEXT,
    return_node TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    instants JSONB DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_shipment PRIMARY KEY (id),
    CONSTRAINT ck_shipment_state_known CHECK (state IN ('created', 'labelled', 'handed_over', 'in_transit', 'out_for_delivery', 'attempted', 'returning', 'lost', 'delivered', 'returned', 'cancelled')),
    CONSTRAINT ck_shipment_measures_not_negative CHECK (least(weight_g, length_mm, width_mm, height_mm) >= 0),
    CONSTRAINT ck_shipment_taken_back_once_returned CHECK (return_node IS NULL OR state = 'returned'),
    CONSTRAINT fk_shipment_order_id FOREIGN KEY(order_id) REFERENCES "order" (id),
    CONSTRAINT fk_shipment_fulfilment_order_id FOREIGN KEY(fulfilment_order_id) REFERENCES fulfilment_order (id),
    CONSTRAINT fk_shipment_node FOREIGN KEY(node) REFERENCES node (id),
    CONSTRAINT fk_shipment_return_node FOREIGN KEY(return_node) REFERENCES node (id)
);

CREATE UNIQUE INDEX ix_shipment_fulfilment_order_id_shipment_no ON shipment (fulfilment_order_id, no);
CREATE INDEX ix_shipment_order_id ON shipment (order_id);
CREATE INDEX ix_shipment_tracking_reference ON shipment (tracking_reference) WHERE tracking_reference <> '';
CREATE INDEX ix_shipment_return_node ON shipment (return_node) WHERE return_node IS NOT NULL;

CREATE TABLE shipment_line (
    shipment_id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    line_id TEXT NOT NULL,
    sku TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    inspected INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_shipment_line PRIMARY KEY (shipment_id, line_id),
    CONSTRAINT fk_shipment_line_order_id_line_id FOREIGN KEY(order_id, line_id) REFERENCES order_line (order_id, line_id),
    CONSTRAINT ck_shipment_line_quantity_positive CHECK (quantity > 0),
    CONSTRAINT ck_shipment_line_inspected_once CHECK (inspected BETWEEN 0 AND quantity),
    CONSTRAINT fk_shipment_line_shipment_id FOREIGN KEY(shipment_id) REFERENCES shipment (id)
);

CREATE TABLE shipment_event (
    shipment_id TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    occurred_at TIMESTAMP WITH TIME ZONE NOT NULL,
    received_at TIMESTAMP WITH TIME ZONE NOT NULL,
    note TEXT DEFAULT '' NOT NULL,
    actor TEXT NOT NULL,
    result TEXT NOT NULL,
    CONSTRAINT pk_shipment_event PRIMARY KEY (shipment_id, id),
    CONSTRAINT ck_shipment_event_kind_known CHECK (kind IN ('in_transit', 'out_for_delivery', 'attempted', 'returning', 'lost', 'delivered', 'returned')),
    CONSTRAINT ck_shipment_event_result_known CHECK (result IN ('applied', 'superseded')),
    CONSTRAINT fk_shipment_event_shipment_id FOREIGN KEY(shipment_id) REFERENCES shipment (id)
);

