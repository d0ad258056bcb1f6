ALTER TABLE bid_prices ADD COLUMN days bytea NOT NULL DEFAULT '';
