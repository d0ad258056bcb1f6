ALTER TABLE reservation
    ADD COLUMN in_hand boolean DEFAULT false NOT NULL,
    ADD CONSTRAINT ck_reservation_in_hand_from_a_shelf CHECK (kind = 'shelf' OR NOT in_hand);
