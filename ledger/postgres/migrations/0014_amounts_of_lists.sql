-- What a row of help given before says beside its mark: the sum, in fen, which rules add up. The root covers it.

ALTER TABLE ledger.register_rows ADD COLUMN fen bigint CHECK (fen > 0);
