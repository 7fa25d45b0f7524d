-- Schema 6 (6.sql says what is what).

-- Which table this is belongs to the lineage: a dump that is put back makes it anew.
UPDATE hub SET lineage = lineage || '/' || CAST(CAST('hub' AS regclass) AS oid);

ALTER TABLE terminal_key ADD COLUMN replaced BIGINT;
UPDATE terminal_key SET replaced = (SELECT since FROM terminal WHERE number = terminal_key.terminal)
WHERE until IS NULL AND EXISTS (
    SELECT 1 FROM terminal_key AS newer JOIN terminal ON number = newer.terminal
    WHERE newer.terminal = terminal_key.terminal AND newer.purpose = terminal_key.purpose AND newer.until IS NULL
        AND newer.since = terminal.since AND newer.since > terminal_key.since
);
