-- Views of lists that officers keep for themselves (常用视图): a convenience, and no part of what the ledger proves.

CREATE TABLE ledger.kept_views (
    officer text NOT NULL,
    list text NOT NULL,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 40),
    state jsonb NOT NULL CHECK (octet_length(state::text) <= 16384),
    PRIMARY KEY (officer, list, name)
);
