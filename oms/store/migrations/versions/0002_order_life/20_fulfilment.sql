ALTER TABLE fulfilment_order
    ADD COLUMN to_node text REFERENCES node (id),
    ADD COLUMN on_hold boolean DEFAULT false NOT NULL,
    ADD COLUMN reason text DEFAULT ''::text NOT NULL,
    ADD COLUMN release_at timestamp with time zone,
    ADD COLUMN offer_expires_at timestamp with time zone,
    ADD COLUMN pick_list_id text,
    ADD COLUMN instants jsonb DEFAULT '{}'::jsonb NOT NULL;

CREATE INDEX ix_fulfilment_order_release ON fulfilment_order (release_at) WHERE state = 'scheduled';
CREATE INDEX ix_fulfilment_order_offer ON fulfilment_order (offer_expires_at) WHERE state = 'offered';
CREATE INDEX ix_fulfilment_order_pick_list ON fulfilment_order (pick_list_id);

ALTER TABLE fulfilment_line
    ADD COLUMN picked integer DEFAULT 0 NOT NULL,
    ADD COLUMN short integer DEFAULT 0 NOT NULL,
    ADD COLUMN put_back integer DEFAULT 0 NOT NULL,
    ADD COLUMN collected integer DEFAULT 0 NOT NULL,
    ADD CONSTRAINT ck_fulfilment_line_picked_wanted
        CHECK (LEAST(picked, short, put_back, collected) >= 0
            AND picked + cancelled + short + collected <= quantity);
