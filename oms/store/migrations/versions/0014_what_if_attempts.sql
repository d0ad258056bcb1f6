ALTER TABLE what_if ADD COLUMN attempts integer NOT NULL DEFAULT 0;
