-- What grants power to people, beside people themselves: passkeys, devices, clients, logins, allowances, rules, whom
-- somebody reports to, who has left. The root in `power` covers every row of both tables, and its tag is the key holder's.
-- No root yet: what is there is sealed once, at the first start (docs/operations.md).
CREATE TABLE power_row (
    tenant BIGINT NOT NULL, kind BIGINT NOT NULL, id BYTEA NOT NULL, body BYTEA NOT NULL, tag BYTEA NOT NULL,
    PRIMARY KEY (tenant, kind, id)
) WITHOUT ROWID;
ALTER TABLE power ADD COLUMN root BYTEA;
