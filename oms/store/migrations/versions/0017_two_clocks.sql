ALTER TABLE request ADD COLUMN stored_at timestamp with time zone NOT NULL DEFAULT now();
