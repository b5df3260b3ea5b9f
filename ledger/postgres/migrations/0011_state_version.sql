-- In which form the standing's records are kept. A release that keeps more of the entries in them makes
-- them anew (ledger/storage/state_version.py).
CREATE TABLE ledger.state_version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version integer NOT NULL
);
INSERT INTO ledger.state_version (version) VALUES (1);
