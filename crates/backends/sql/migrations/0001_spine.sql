-- Ids are 16 bytes, times are milliseconds since 1970, enumerations are their stable names. `tag` is the row's MAC
-- under a key that the database's keepers don't hold. Nothing here is readable personal data.
CREATE TABLE power (tenant BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, tag BYTEA NOT NULL) WITHOUT ROWID;
CREATE TABLE person (
    tenant BIGINT NOT NULL, id BYTEA NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL, team TEXT NOT NULL,
    token BYTEA, tag BYTEA NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX person_token ON person (token) WHERE token IS NOT NULL;

CREATE TABLE interaction (
    tenant BIGINT NOT NULL, id BYTEA NOT NULL, reference TEXT NOT NULL, channel TEXT NOT NULL, phase TEXT NOT NULL,
    person BYTEA, customer BYTEA, binding TEXT NOT NULL, started BIGINT NOT NULL, ended BIGINT, active BIGINT NOT NULL,
    events BYTEA NOT NULL, tag BYTEA NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
CREATE INDEX interaction_person ON interaction (tenant, person, phase);
CREATE INDEX interaction_customer ON interaction (tenant, customer) WHERE customer IS NOT NULL;
CREATE TABLE code (
    tenant BIGINT NOT NULL, interaction BYTEA NOT NULL, mac BYTEA NOT NULL, expires BIGINT NOT NULL,
    wrong BIGINT NOT NULL, used BIGINT NOT NULL, tag BYTEA NOT NULL,
    PRIMARY KEY (tenant, interaction)
) WITHOUT ROWID;

CREATE TABLE budget (
    tenant BIGINT NOT NULL, counter BYTEA NOT NULL, since BIGINT NOT NULL, used BIGINT NOT NULL, last BYTEA NOT NULL,
    tag BYTEA NOT NULL,
    PRIMARY KEY (tenant, counter, since)
) WITHOUT ROWID;
CREATE TABLE request (
    tenant BIGINT NOT NULL, id BYTEA NOT NULL, content BYTEA NOT NULL, session BYTEA NOT NULL, entry BYTEA NOT NULL,
    at BIGINT NOT NULL, answer BIGINT NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;

-- The customer's wrapped keys, and their state in the log: n entries, the head of their chain.
CREATE TABLE customer (
    tenant BIGINT NOT NULL, id BYTEA NOT NULL, epoch BIGINT NOT NULL, wrapped BYTEA NOT NULL,
    n BIGINT NOT NULL, head BYTEA NOT NULL, tag BYTEA NOT NULL,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
-- Only in the embedded engine: states that changed lately, ahead of those in `customer`: a small table, so that counting an entry touches a page that
-- is warm instead of one in a million. Folded back when it grows.
CREATE TABLE recent_state (
    tenant BIGINT NOT NULL, customer BYTEA NOT NULL, n BIGINT NOT NULL, head BYTEA NOT NULL, tag BYTEA NOT NULL,
    PRIMARY KEY (tenant, customer)
) WITHOUT ROWID;
-- In every engine:
CREATE TABLE field (
    tenant BIGINT NOT NULL, customer BYTEA NOT NULL, field BIGINT NOT NULL, instance BIGINT NOT NULL,
    version BIGINT NOT NULL, sealed BYTEA NOT NULL,
    PRIMARY KEY (tenant, customer, field, instance)
) WITHOUT ROWID;
CREATE TABLE blind_index (
    tenant BIGINT NOT NULL, kind BIGINT NOT NULL, mac BYTEA NOT NULL, customer BYTEA NOT NULL, tag BYTEA NOT NULL,
    PRIMARY KEY (tenant, kind, mac, customer)
) WITHOUT ROWID;
CREATE TABLE staged_index (tenant BIGINT NOT NULL, kind BIGINT NOT NULL, mac BYTEA NOT NULL, customer BYTEA NOT NULL, tag BYTEA NOT NULL);
CREATE TABLE import (tenant BIGINT NOT NULL, id BYTEA NOT NULL, done BIGINT NOT NULL, PRIMARY KEY (tenant, id)) WITHOUT ROWID;
CREATE TABLE report (tenant BIGINT NOT NULL, id BYTEA NOT NULL, at BIGINT NOT NULL, sealed BYTEA NOT NULL, PRIMARY KEY (tenant, id)) WITHOUT ROWID;

CREATE TABLE entry (
    tenant BIGINT NOT NULL, id BYTEA NOT NULL, leaf BYTEA NOT NULL, audit BYTEA NOT NULL, customer BYTEA NOT NULL,
    place BIGINT,
    PRIMARY KEY (tenant, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX entry_place ON entry (tenant, place) WHERE place IS NOT NULL;
-- Entries that have no place in the log yet: the sequencer's queue.
CREATE TABLE pending (tenant BIGINT NOT NULL, entry BYTEA NOT NULL, leaf BYTEA NOT NULL, PRIMARY KEY (tenant, entry)) WITHOUT ROWID;
CREATE TABLE log_head (tenant BIGINT NOT NULL PRIMARY KEY, size BIGINT NOT NULL, checkpoint TEXT NOT NULL, fence BIGINT NOT NULL) WITHOUT ROWID;
CREATE TABLE tile (tenant BIGINT NOT NULL, level BIGINT NOT NULL, place BIGINT NOT NULL, data BYTEA NOT NULL, PRIMARY KEY (tenant, level, place)) WITHOUT ROWID;
CREATE TABLE lease (job TEXT NOT NULL PRIMARY KEY, holder BYTEA NOT NULL, fence BIGINT NOT NULL, expires BIGINT NOT NULL) WITHOUT ROWID;
