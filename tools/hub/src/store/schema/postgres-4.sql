-- Schema 4 (4.sql says what is what).

CREATE TABLE settled (
    terminal BIGINT NOT NULL,
    journal BYTEA NOT NULL,
    place BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (terminal, journal, place)
);

CREATE TABLE rejected (
    batch BIGINT PRIMARY KEY REFERENCES batch,
    place BIGINT NOT NULL
);

ALTER TABLE hub ADD COLUMN lineage TEXT;
