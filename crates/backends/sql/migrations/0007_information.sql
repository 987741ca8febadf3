-- What was spent of each allowance in windows that slide: one row for each, with as much of its history as counts still.
-- What was spent by the clock hour before stays as it is, for who recounts the log's older entries.
ALTER TABLE budget RENAME TO hourly_budget;
CREATE TABLE budget (
    tenant BIGINT NOT NULL, counter BYTEA NOT NULL, total BIGINT NOT NULL, history BYTEA NOT NULL, last BYTEA NOT NULL,
    tag BYTEA NOT NULL,
    PRIMARY KEY (tenant, counter)
) WITHOUT ROWID;
