-- What lets somebody in for a while: sessions (1), invitations (2), challenges that were answered (3), how far passkeys have
-- counted (4), new passkeys that wait for approval (5). Secrets are kept as digests.
CREATE TABLE admission (
    tenant BIGINT NOT NULL, kind BIGINT NOT NULL, id BYTEA NOT NULL, body BYTEA NOT NULL, expires BIGINT NOT NULL,
    tag BYTEA NOT NULL,
    PRIMARY KEY (tenant, kind, id)
) WITHOUT ROWID;
