-- The journal's schema 1, frozen: the test "a frozen v1 database upgrades to what a new one is" builds from this file.
-- A released schema never changes; the next one gets v2.sql and a step in src/schema.rs.
PRAGMA page_size = 1024;
PRAGMA application_id = 0x54464A31;
PRAGMA user_version = 1;
CREATE TABLE journal(
    number INTEGER PRIMARY KEY,
    id BLOB NOT NULL CHECK(length(id) = 16),
    first INTEGER NOT NULL CHECK(first > 0),
    previous BLOB NOT NULL CHECK(length(previous) = 32)
) STRICT;
CREATE TABLE record(
    sequence INTEGER PRIMARY KEY CHECK(sequence > 0),
    journal INTEGER NOT NULL CHECK(journal > 0),
    previous BLOB NOT NULL CHECK(length(previous) = 32),
    hash BLOB NOT NULL CHECK(length(hash) = 32),
    day_key INTEGER NOT NULL CHECK(day_key BETWEEN 0 AND 4294967295),
    enc BLOB NOT NULL CHECK(length(enc) = 32),
    body BLOB NOT NULL CHECK(length(body) = 192),
    tag BLOB NOT NULL CHECK(length(tag) = 16)
) STRICT;
CREATE TABLE tally(
    day INTEGER NOT NULL CHECK(day BETWEEN 0 AND 4294967295),
    place INTEGER NOT NULL CHECK(place BETWEEN 0 AND 4294967295),
    lane INTEGER NOT NULL CHECK(lane BETWEEN 0 AND 65535),
    letter INTEGER NOT NULL CHECK(letter BETWEEN 0 AND 255),
    count INTEGER NOT NULL CHECK(count > 0),
    PRIMARY KEY(day, place, lane, letter)
) STRICT, WITHOUT ROWID;
CREATE TABLE use_count(
    day INTEGER NOT NULL CHECK(day BETWEEN 0 AND 4294967295),
    key BLOB NOT NULL CHECK(length(key) = 8),
    count INTEGER NOT NULL CHECK(count > 0),
    PRIMARY KEY(day, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE kept(
    name TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
