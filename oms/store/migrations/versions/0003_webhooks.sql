CREATE TABLE webhook (
    id TEXT NOT NULL,
    url TEXT NOT NULL,
    types TEXT[] DEFAULT '{}' NOT NULL,
    description TEXT DEFAULT '' NOT NULL,
    state TEXT NOT NULL,
    disabled_reason TEXT DEFAULT '' NOT NULL,
    secret TEXT NOT NULL,
    old_secret TEXT,
    old_until TIMESTAMP WITH TIME ZONE,
    cursor BIGINT NOT NULL,
    failures INTEGER DEFAULT 0 NOT NULL,
    failing_since TIMESTAMP WITH TIME ZONE,
    rest_until TIMESTAMP WITH TIME ZONE,
    version INTEGER DEFAULT 1 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_webhook PRIMARY KEY (id),
    CONSTRAINT ck_webhook_state_known CHECK (state IN ('active', 'paused', 'disabled')),
    CONSTRAINT ck_webhook_disabled_for_a_reason CHECK ((state = 'disabled') = (disabled_reason <> '')),
    CONSTRAINT ck_webhook_old_secret_until CHECK ((old_secret IS NULL) = (old_until IS NULL)),
    CONSTRAINT ck_webhook_counts_from_zero CHECK (cursor >= 0 AND failures >= 0)
);

CREATE TABLE webhook_delivery (
    webhook_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    state TEXT DEFAULT 'waiting' NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    first_at TIMESTAMP WITH TIME ZONE,
    next_at TIMESTAMP WITH TIME ZONE NOT NULL,
    leased_until TIMESTAMP WITH TIME ZONE,
    outcome TEXT,
    status INTEGER,
    took_ms INTEGER,
    ended_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_webhook_delivery PRIMARY KEY (webhook_id, seq),
    CONSTRAINT ck_webhook_delivery_state_known CHECK (state IN ('waiting', 'delivered', 'given_up')),
    CONSTRAINT ck_webhook_delivery_outcome_known CHECK (outcome IN ('accepted', 'refused', 'redirected', 'gone', 'timed_out', 'unreachable', 'unresolvable', 'forbidden_address', 'bad_certificate', 'bad_answer', 'event_dropped')),
    CONSTRAINT ck_webhook_delivery_ended_unless_waiting CHECK ((state = 'waiting') = (ended_at IS NULL)),
    CONSTRAINT ck_webhook_delivery_leased_while_waiting CHECK (leased_until IS NULL OR ended_at IS NULL),
    CONSTRAINT fk_webhook_delivery_webhook_id FOREIGN KEY(webhook_id) REFERENCES webhook (id) ON DELETE CASCADE
);

CREATE INDEX ix_webhook_delivery_ended ON webhook_delivery (ended_at);
CREATE INDEX ix_webhook_delivery_line ON webhook_delivery (webhook_id, subject, subject_id, seq) WHERE state = 'waiting';
CREATE INDEX ix_webhook_delivery_waiting ON webhook_delivery (webhook_id, seq) WHERE state = 'waiting';
