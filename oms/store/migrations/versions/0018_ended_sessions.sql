CREATE TABLE ended_session (
    name text NOT NULL CONSTRAINT pk_ended_session PRIMARY KEY,
    until timestamp with time zone NOT NULL
);
