-- Version 2 says why a ledger is closed.
ALTER TABLE balances ADD COLUMN IF NOT EXISTS closed text NOT NULL DEFAULT '';
