-- Schema 4: a doubt can be settled.

-- Of the rows that were brought for a place, the one that a person says is the journal's.
CREATE TABLE settled (
    terminal INTEGER NOT NULL,
    journal BLOB NOT NULL,
    place INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (terminal, journal, place)
) STRICT, WITHOUT ROWID;

-- Batches whose rows from `place` on are not the journal's. They are kept.
CREATE TABLE rejected (
    batch INTEGER PRIMARY KEY REFERENCES batch,
    place INTEGER NOT NULL
) STRICT;

-- A database server's life: which cluster, on which timeline. Nothing in SQLite.
ALTER TABLE hub ADD COLUMN lineage TEXT;
