-- Version 4 keeps the evidence of answers.
ALTER TABLE records ADD COLUMN IF NOT EXISTS verified_by text[];
ALTER TABLE answers ADD COLUMN IF NOT EXISTS verified_by text[];
