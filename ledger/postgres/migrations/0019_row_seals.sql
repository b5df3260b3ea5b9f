-- Seals over the rows beside the record (行封签), made with the ledger's secret (ledger/identity/row_seals.py).
-- What lay here before has none and is put here again: no release had these tables.
DELETE FROM ledger.tray;
DELETE FROM ledger.kept_views;
ALTER TABLE ledger.tray ADD COLUMN seal bytea NOT NULL;
ALTER TABLE ledger.kept_views ADD COLUMN seal bytea NOT NULL;

-- The epoch's row is sealed by the writer that was elected, over the epoch, the holder and since when. None has
-- been where nobody holds it: in a new database, and in one that has just taken over.
ALTER TABLE ledger.writer ADD COLUMN seal bytea;
UPDATE ledger.writer SET holder = '';
