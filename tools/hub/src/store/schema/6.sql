-- Schema 6: an enrolment ends the keys of before.

-- When a later enrolment of the number put others in its place: it serves no more until one names it again. (`until`: revoked, for ever.)
ALTER TABLE terminal_key ADD COLUMN replaced INTEGER;
-- Where the last enrolment made a key known, those for the same use before it are replaced. Where it named one of before, nothing here
-- says which: all stay until the number is enrolled again.
UPDATE terminal_key SET replaced = (SELECT since FROM terminal WHERE number = terminal_key.terminal)
WHERE until IS NULL AND EXISTS (
    SELECT 1 FROM terminal_key AS newer JOIN terminal ON number = newer.terminal
    WHERE newer.terminal = terminal_key.terminal AND newer.purpose = terminal_key.purpose AND newer.until IS NULL
        AND newer.since = terminal.since AND newer.since > terminal_key.since
);
