-- Schema 5: what a person settled can be taken back, and stays written down.

-- A word of `settled`, when it was taken back, by whom and why.
CREATE TABLE reopened (
    id INTEGER PRIMARY KEY,
    terminal INTEGER NOT NULL,
    journal BLOB NOT NULL,
    place INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    back INTEGER NOT NULL,
    back_who TEXT NOT NULL,
    back_why TEXT NOT NULL
) STRICT;
