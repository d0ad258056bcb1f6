ALTER TABLE outbox
    ADD COLUMN channel text DEFAULT ''::text NOT NULL,
    ADD COLUMN reason text DEFAULT ''::text NOT NULL,
    ADD COLUMN occurred_at timestamp with time zone;
