-- What witnesses signed: per witness the largest checkpoint with its lines, and under the empty name the newest one that
-- enough of them signed. Each row proves itself by its signatures, so there is no tag.
CREATE TABLE cosigned_checkpoint (
    tenant BIGINT NOT NULL, witness TEXT NOT NULL, size BIGINT NOT NULL, note TEXT NOT NULL,
    PRIMARY KEY (tenant, witness)
) WITHOUT ROWID;
