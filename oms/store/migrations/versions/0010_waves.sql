CREATE TABLE wave (
    id text NOT NULL CONSTRAINT pk_wave PRIMARY KEY,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    market text NOT NULL,
    deadline_s double precision NOT NULL,
    state text DEFAULT 'queued'::text NOT NULL,
    begun_at timestamp with time zone,
    ended_at timestamp with time zone,
    currency text DEFAULT ''::text NOT NULL,
    orders integer DEFAULT 0 NOT NULL,
    before_minor bigint DEFAULT 0 NOT NULL,
    after_minor bigint DEFAULT 0 NOT NULL,
    bound_minor bigint DEFAULT 0 NOT NULL,
    gap double precision DEFAULT 0 NOT NULL,
    detail text DEFAULT ''::text NOT NULL,
    CONSTRAINT ck_wave_state_known CHECK (state IN ('queued', 'running', 'done', 'failed'))
);
CREATE INDEX ix_wave_open ON wave (at) WHERE state IN ('queued', 'running');
CREATE INDEX ix_wave_at ON wave (at);
CREATE TABLE wave_move (
    wave_id text NOT NULL CONSTRAINT fk_wave_move_wave_id_wave REFERENCES wave (id) ON DELETE CASCADE,
    order_id text NOT NULL,
    outcome text NOT NULL,
    saved_minor bigint NOT NULL,
    nodes_before jsonb NOT NULL,
    nodes_after jsonb NOT NULL,
    CONSTRAINT pk_wave_move PRIMARY KEY (wave_id, order_id),
    CONSTRAINT ck_wave_move_outcome_known CHECK (outcome IN ('moved', 'changed', 'taken'))
);
