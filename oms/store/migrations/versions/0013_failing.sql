CREATE TABLE failing (
    node text NOT NULL CONSTRAINT fk_failing_node_node REFERENCES node (id),
    goods text NOT NULL,
    tried double precision NOT NULL,
    missing double precision NOT NULL,
    refused double precision NOT NULL,
    not_found double precision NOT NULL,
    not_sent double precision NOT NULL,
    learned_at timestamp with time zone NOT NULL,
    CONSTRAINT pk_failing PRIMARY KEY (node, goods),
    CONSTRAINT ck_failing_counts_not_negative CHECK (least(tried, missing, refused) >= 0),
    CONSTRAINT ck_failing_chances CHECK (not_found BETWEEN 0 AND 1 AND not_sent BETWEEN 0 AND 1)
);
