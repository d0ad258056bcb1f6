CREATE TABLE what_if (
    id text NOT NULL CONSTRAINT pk_what_if PRIMARY KEY,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    wanted jsonb NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    begun_at timestamp with time zone,
    seen_at timestamp with time zone,
    ended_at timestamp with time zone,
    done integer DEFAULT 0 NOT NULL,
    runs integer NOT NULL,
    result jsonb,
    detail text DEFAULT ''::text NOT NULL,
    CONSTRAINT ck_what_if_state_known CHECK (state IN ('queued', 'running', 'done', 'failed'))
);
CREATE INDEX ix_what_if_open ON what_if (at) WHERE state IN ('queued', 'running');
CREATE INDEX ix_what_if_at ON what_if (at);
