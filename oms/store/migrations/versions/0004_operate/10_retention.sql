CREATE TABLE ledger_opening (
    sku_no integer NOT NULL,
    place text NOT NULL,
    quantity bigint NOT NULL,
    CONSTRAINT pk_ledger_opening PRIMARY KEY (sku_no, place)
);

CREATE TABLE retired_month (
    name text NOT NULL,
    "table" text NOT NULL,
    detached_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    rows bigint,
    file text,
    CONSTRAINT pk_retired_month PRIMARY KEY (name)
);
