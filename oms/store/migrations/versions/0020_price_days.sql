ALTER TABLE bid_prices ADD COLUMN soon_orders integer NOT NULL DEFAULT 0;
ALTER TABLE bid_prices ADD COLUMN times_alone double precision NOT NULL DEFAULT 0;
ALTER TABLE bid_prices ADD COLUMN trust double precision NOT NULL DEFAULT 1;
ALTER TABLE bid_prices ADD COLUMN since_days integer NOT NULL DEFAULT 0;
ALTER TABLE bid_prices ADD COLUMN since_orders integer NOT NULL DEFAULT 0;
ALTER TABLE bid_prices ADD COLUMN since_minor double precision NOT NULL DEFAULT 0;
ALTER TABLE bid_prices ADD COLUMN since_foretold_minor double precision NOT NULL DEFAULT 0;
ALTER TABLE bid_prices ADD COLUMN since_surely_minor double precision NOT NULL DEFAULT 0;
CREATE TABLE price_day (
    market text NOT NULL,
    day date NOT NULL,
    orders integer NOT NULL,
    realised_minor double precision NOT NULL,
    foretold_minor double precision NOT NULL,
    saving_minor double precision NOT NULL,
    rehearsed double precision NOT NULL,
    CONSTRAINT pk_price_day PRIMARY KEY (market, day)
);
