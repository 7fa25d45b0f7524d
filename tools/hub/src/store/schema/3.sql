-- Schema 3: no index of all rows; what a journal begins on is looked for once, when its earliest batch comes.

DROP TABLE row_hash;

-- `searches`: how often all batches of the terminal were looked through on that day.
ALTER TABLE intake ADD COLUMN searches INTEGER NOT NULL DEFAULT 0;
