-- Schema 5 (5.sql says what is what).

CREATE TABLE reopened (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    terminal BIGINT NOT NULL,
    journal BYTEA NOT NULL,
    place BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    back BIGINT NOT NULL,
    back_who TEXT NOT NULL,
    back_why TEXT NOT NULL
);
