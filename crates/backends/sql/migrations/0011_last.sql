-- The newest entry about a customer, from which the ones before it are found. It is under the tag of their state.
ALTER TABLE customer ADD COLUMN last BYTEA;
-- Only in the embedded engine:
ALTER TABLE recent_state ADD COLUMN last BYTEA;
-- In every engine:
-- An older program would write a state without it.
UPDATE schema_reach SET serves_from = 11;
