CREATE TABLE former_secret (
    hash bytea NOT NULL CONSTRAINT pk_former_secret PRIMARY KEY,
    key_id text NOT NULL,
    until timestamp with time zone NOT NULL
);
CREATE INDEX ix_former_secret_key_id ON former_secret (key_id);
