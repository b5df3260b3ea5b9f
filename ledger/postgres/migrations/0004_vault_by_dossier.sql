-- A dossier's identity is looked up for every name that is shown, and destroyed when it is erased.
CREATE INDEX vault_dossier ON ledger.vault (dossier);
