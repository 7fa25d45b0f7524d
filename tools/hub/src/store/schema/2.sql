-- Schema 2: beginnings are looked up, what is lost can be settled, and no terminal fills the disk.

-- The first 8 bytes of each row's hash, and the batch that holds it: what a journal may begin on.
CREATE TABLE row_hash (
    terminal INTEGER NOT NULL,
    prefix BLOB NOT NULL,
    batch INTEGER NOT NULL,
    PRIMARY KEY (terminal, prefix, batch)
) STRICT, WITHOUT ROWID;
WITH RECURSIVE place (at) AS (SELECT 0 UNION ALL SELECT at + 1 FROM place WHERE at < 266)
INSERT INTO row_hash
SELECT terminal, substr(hashes, at * 32 + 1, 8), id FROM batch JOIN place ON at * 32 < length(hashes);

-- `awaits`: the hash of the row that a journal begins on, until that row is here.
ALTER TABLE journal ADD COLUMN awaits BLOB;
UPDATE journal SET awaits = (
    SELECT previous FROM batch WHERE batch.terminal = journal.terminal AND batch.journal = journal.journal
    ORDER BY first LIMIT 1
) WHERE begun = 0;
CREATE INDEX journal_awaits ON journal (terminal, awaits) WHERE awaits IS NOT NULL;

DROP INDEX batch_place;
CREATE INDEX batch_place ON batch (terminal, journal, first, last);

-- Rows that nobody has any more, by a person's word.
CREATE TABLE gap (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    terminal INTEGER NOT NULL,
    journal BLOB NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    who TEXT NOT NULL
) STRICT;

-- What a terminal brought on a day of UTC+8.
CREATE TABLE intake (
    terminal INTEGER NOT NULL,
    day INTEGER NOT NULL,
    bytes INTEGER NOT NULL DEFAULT 0,
    journals INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (terminal, day)
) STRICT, WITHOUT ROWID;

-- A key that was revoked is looked for whatever terminal shows it.
CREATE INDEX terminal_key_revoked ON terminal_key (key) WHERE until IS NOT NULL;

ALTER TABLE person ADD COLUMN role TEXT NOT NULL DEFAULT 'viewer' CHECK (role IN ('viewer', 'administrator'));
