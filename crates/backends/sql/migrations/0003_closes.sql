-- Closes of a tenant's log. The leaf of a close's entry says the same in clear, and pages prove themselves by the root in
-- it, so there is no tag. Pages are written, under the name of their list, before the close that names it.
CREATE TABLE close (
    tenant BIGINT NOT NULL, number BIGINT NOT NULL, entry BYTEA NOT NULL, list BYTEA NOT NULL, covers BIGINT NOT NULL,
    at BIGINT NOT NULL, size BIGINT NOT NULL, root BYTEA NOT NULL,
    PRIMARY KEY (tenant, number)
) WITHOUT ROWID;
CREATE TABLE close_page (
    tenant BIGINT NOT NULL, number BIGINT NOT NULL, list BYTEA NOT NULL, page BIGINT NOT NULL, data BYTEA NOT NULL,
    PRIMARY KEY (tenant, number, list, page)
) WITHOUT ROWID;
