ALTER TABLE customer ADD COLUMN erased_at timestamp with time zone;
CREATE INDEX ix_customer_erased ON customer (erased_at) WHERE erased_at IS NOT NULL;
