-- The hub's database in PostgreSQL: the tables of schema 3 (1.sql to 3.sql say what is what). Times are seconds since 1970.

CREATE TABLE hub_schema (version BIGINT NOT NULL);
INSERT INTO hub_schema VALUES (3);

-- SQLite's: where bytes stand in others, from 1; 0 if they do not.
CREATE FUNCTION instr(whole BYTEA, part BYTEA) RETURNS INTEGER
    LANGUAGE SQL IMMUTABLE STRICT AS 'SELECT position(part IN whole)';

CREATE TABLE hub (epoch BIGINT NOT NULL);
INSERT INTO hub VALUES (0);

CREATE TABLE terminal (
    number BIGINT PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('enrolled', 'revoked')),
    since BIGINT NOT NULL
);

CREATE TABLE terminal_key (
    terminal BIGINT NOT NULL REFERENCES terminal,
    purpose TEXT NOT NULL CHECK (purpose IN ('device', 'record', 'line')),
    key BYTEA NOT NULL CHECK (length(key) = 32),
    since BIGINT NOT NULL,
    until BIGINT,
    PRIMARY KEY (terminal, purpose, key)
);
CREATE INDEX terminal_key_revoked ON terminal_key (key) WHERE until IS NOT NULL;

CREATE TABLE invitation (
    digest BYTEA PRIMARY KEY CHECK (length(digest) = 32),
    terminal BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used BIGINT
);

CREATE TABLE batch (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    terminal BIGINT NOT NULL,
    journal BYTEA NOT NULL CHECK (length(journal) = 16),
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    previous BYTEA NOT NULL CHECK (length(previous) = 32),
    hashes BYTEA NOT NULL,
    digest BYTEA NOT NULL UNIQUE CHECK (length(digest) = 32),
    received BIGINT NOT NULL,
    bytes BYTEA NOT NULL
);
CREATE INDEX batch_place ON batch (terminal, journal, first, last);
-- Hashes and sealed records: no byte of them can be made shorter.
ALTER TABLE batch ALTER COLUMN hashes SET STORAGE EXTERNAL, ALTER COLUMN bytes SET STORAGE EXTERNAL;

CREATE TABLE journal (
    terminal BIGINT NOT NULL,
    journal BYTEA NOT NULL,
    watermark BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    begun BIGINT NOT NULL,
    doubt BIGINT,
    awaits BYTEA,
    PRIMARY KEY (terminal, journal)
);
CREATE INDEX journal_awaits ON journal (terminal, awaits) WHERE awaits IS NOT NULL;

CREATE TABLE account (
    terminal BIGINT PRIMARY KEY,
    revision BIGINT NOT NULL,
    received BIGINT NOT NULL,
    bytes BYTEA NOT NULL,
    summary TEXT NOT NULL
);

CREATE TABLE counter (
    terminal BIGINT NOT NULL,
    day BIGINT NOT NULL,
    place BIGINT NOT NULL,
    lane BIGINT NOT NULL,
    letter BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (terminal, day, place, lane, letter)
);
CREATE INDEX counter_day ON counter (day, place);

CREATE TABLE alarm (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    terminal BIGINT NOT NULL,
    words TEXT NOT NULL
);

CREATE TABLE gap (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    terminal BIGINT NOT NULL,
    journal BYTEA NOT NULL,
    first BIGINT NOT NULL,
    last BIGINT NOT NULL,
    who TEXT NOT NULL
);

CREATE TABLE intake (
    terminal BIGINT NOT NULL,
    day BIGINT NOT NULL,
    bytes BIGINT NOT NULL DEFAULT 0,
    journals BIGINT NOT NULL DEFAULT 0,
    searches BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (terminal, day)
);

CREATE TABLE person (
    name TEXT PRIMARY KEY,
    digest BYTEA NOT NULL CHECK (length(digest) = 32),
    totp BYTEA NOT NULL CHECK (length(totp) = 20),
    step BIGINT NOT NULL DEFAULT 0,
    role TEXT NOT NULL DEFAULT 'viewer' CHECK (role IN ('viewer', 'administrator'))
);

CREATE TABLE audit (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL
);
