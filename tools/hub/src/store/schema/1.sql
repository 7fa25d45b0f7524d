-- The hub's database, schema 1. Times are seconds since 1970.

-- Raised by `gate-hub restored`: acknowledgements of before may name rows that a restored copy lacks.
CREATE TABLE hub (epoch INTEGER NOT NULL) STRICT;
INSERT INTO hub VALUES (0);

CREATE TABLE terminal (
    number INTEGER PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('enrolled', 'revoked')),
    since INTEGER NOT NULL
) STRICT;

CREATE TABLE terminal_key (
    terminal INTEGER NOT NULL REFERENCES terminal,
    purpose TEXT NOT NULL CHECK (purpose IN ('device', 'record', 'line')),
    key BLOB NOT NULL CHECK (length(key) = 32),
    since INTEGER NOT NULL,
    until INTEGER,
    PRIMARY KEY (terminal, purpose, key)
) STRICT, WITHOUT ROWID;

-- Codes that enrol: the SHA-256 of each.
CREATE TABLE invitation (
    digest BLOB PRIMARY KEY CHECK (length(digest) = 32),
    terminal INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    used INTEGER
) STRICT, WITHOUT ROWID;

-- Batches as they came. `hashes`: the hash of each row, 32 bytes after 32 bytes.
CREATE TABLE batch (
    id INTEGER PRIMARY KEY,
    terminal INTEGER NOT NULL,
    journal BLOB NOT NULL CHECK (length(journal) = 16),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hashes BLOB NOT NULL,
    digest BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    received INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
CREATE INDEX batch_place ON batch (terminal, journal, first);

-- How far a journal is held. `doubt`: the first place of which there are two rows, or one that does not fit.
CREATE TABLE journal (
    terminal INTEGER NOT NULL,
    journal BLOB NOT NULL,
    watermark INTEGER NOT NULL,
    hash BLOB NOT NULL,
    begun INTEGER NOT NULL,
    doubt INTEGER,
    PRIMARY KEY (terminal, journal)
) STRICT, WITHOUT ROWID;

-- `summary`: what it says, as JSON, written when its signature was verified.
CREATE TABLE account (
    terminal INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    received INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    summary TEXT NOT NULL
) STRICT;

CREATE TABLE counter (
    terminal INTEGER NOT NULL,
    day INTEGER NOT NULL,
    place INTEGER NOT NULL,
    lane INTEGER NOT NULL,
    letter INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (terminal, day, place, lane, letter)
) STRICT, WITHOUT ROWID;
CREATE INDEX counter_day ON counter (day, place);

CREATE TABLE alarm (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    terminal INTEGER NOT NULL,
    words TEXT NOT NULL
) STRICT;

-- People who may look. `digest`: SHA-256 of a random passphrase; `step`: the last one-time code that was used.
CREATE TABLE person (
    name TEXT PRIMARY KEY,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    totp BLOB NOT NULL CHECK (length(totp) = 20),
    step INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Who did what. Rows are only added.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL
) STRICT;
