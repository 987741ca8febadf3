-- Why nothing of a customer's is shown to one person alone, or 0. It is under the tag of the customer's state.
ALTER TABLE customer ADD COLUMN guard BIGINT NOT NULL DEFAULT 0;
-- Only in the embedded engine:
ALTER TABLE recent_state ADD COLUMN guard BIGINT NOT NULL DEFAULT 0;
-- In every engine:
