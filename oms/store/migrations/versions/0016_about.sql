ALTER TABLE request ADD COLUMN about text[] NOT NULL DEFAULT '{}';
