-- Places in the log, beside the entries: an entry's row is written once and never again, and whoever numbers entries only
-- appends. The leaf in the tiles proves what stands at a place, so there is no tag. A program from before this change finds
-- its column gone and publishes nothing.
CREATE TABLE placed (tenant BIGINT NOT NULL, place BIGINT NOT NULL, entry BYTEA NOT NULL, PRIMARY KEY (tenant, place)) WITHOUT ROWID;
INSERT INTO placed (tenant, place, entry) SELECT tenant, place, id FROM entry WHERE place IS NOT NULL ORDER BY tenant, place;
CREATE UNIQUE INDEX placed_entry ON placed (tenant, entry);
DROP INDEX entry_place;
ALTER TABLE entry DROP COLUMN place;
-- Which index finds one interaction must be plain, also where nothing is known of the table yet.
DROP INDEX interaction_person;
DROP INDEX interaction_customer;
CREATE INDEX interaction_person ON interaction (person, tenant, phase);
CREATE INDEX interaction_customer ON interaction (customer, tenant) WHERE customer IS NOT NULL;
