-- +goose Up

-- An address may hold a secret: it is sealed, and url has only what may be shown. Without it url is the address, as before.
ALTER TABLE webhook_queue.endpoints ADD COLUMN IF NOT EXISTS sealed_url jsonb;
