CREATE TABLE bid_prices (
    market text NOT NULL,
    at timestamp with time zone NOT NULL,
    until timestamp with time zone NOT NULL,
    orders integer NOT NULL,
    coming double precision NOT NULL,
    rehearsed integer NOT NULL,
    scale double precision NOT NULL,
    without_minor double precision NOT NULL,
    with_minor double precision NOT NULL,
    foretold_minor double precision NOT NULL,
    priced bigint NOT NULL,
    cells bytea NOT NULL,
    CONSTRAINT pk_bid_prices PRIMARY KEY (market, at)
);
