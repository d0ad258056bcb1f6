ALTER TABLE import_job ADD COLUMN attempts integer NOT NULL DEFAULT 0;
ALTER TABLE import_job DROP CONSTRAINT ck_import_job_state_known;
ALTER TABLE import_job ADD CONSTRAINT ck_import_job_state_known
    CHECK (state IN ('queued', 'running', 'done', 'refused', 'failed'));
