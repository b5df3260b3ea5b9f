-- What the public writes to a notice, until an officer takes it down as a statement (异议收件).
-- Nothing here is part of the ledger; it names no writer.

CREATE TABLE ledger.inbox (
    number text PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    notice text NOT NULL,
    case_id text NOT NULL,
    campaign text NOT NULL,
    unit text NOT NULL,
    text text NOT NULL,
    statement uuid
);
CREATE INDEX inbox_waiting ON ledger.inbox (unit, received_at) WHERE statement IS NULL;
