-- Which fields of a customer's record were shown in their newest interaction, if any. It is under the tag of their state.
ALTER TABLE customer ADD COLUMN shown BYTEA;
-- Only in the embedded engine:
ALTER TABLE recent_state ADD COLUMN shown BYTEA;
-- In every engine:
