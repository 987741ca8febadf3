-- The oldest program that still serves on this schema, by the schema's version that it knows. A later file that only adds what
-- an older program may leave out says nothing here; one that takes away, or adds what must be kept true, sets it to its own number.
CREATE TABLE schema_reach (one BIGINT NOT NULL PRIMARY KEY, serves_from BIGINT NOT NULL);
INSERT INTO schema_reach (one, serves_from) VALUES (1, 10);
