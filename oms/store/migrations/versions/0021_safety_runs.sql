CREATE TABLE safety_run (
    node text NOT NULL CONSTRAINT fk_safety_run_node_node REFERENCES node (id),
    at timestamp with time zone NOT NULL,
    applied boolean NOT NULL,
    skus integer NOT NULL,
    without_price integer NOT NULL,
    differing integer NOT NULL,
    changed integer NOT NULL,
    furthest jsonb NOT NULL,
    detail text NOT NULL,
    CONSTRAINT pk_safety_run PRIMARY KEY (node)
);
