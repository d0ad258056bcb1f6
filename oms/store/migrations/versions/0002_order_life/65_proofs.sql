CREATE TABLE courier_proof (
    stop_id text NOT NULL,
    digest bytea NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL,
    at timestamp with time zone NOT NULL,
    actor text NOT NULL,
    CONSTRAINT pk_courier_proof PRIMARY KEY (stop_id, digest),
    CONSTRAINT ck_courier_proof_media_type_known CHECK (media_type IN ('image/jpeg', 'image/png')),
    CONSTRAINT ck_courier_proof_named_by_its_bytes CHECK (digest = sha256(content)),
    CONSTRAINT ck_courier_proof_of_a_size CHECK (octet_length(content) BETWEEN 1 AND 8388608),
    CONSTRAINT fk_courier_proof_stop_id FOREIGN KEY(stop_id) REFERENCES courier_stop (id)
);

CREATE INDEX ix_courier_proof_at ON courier_proof (at);
