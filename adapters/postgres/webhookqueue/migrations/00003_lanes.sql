-- +goose Up

-- The process that has the lane: while it lives the lane is its own. leased_until is for those that know leases of a time only.
ALTER TABLE webhook_queue.endpoints ADD COLUMN held_by text NOT NULL DEFAULT '';

-- How many processes have ended while they delivered it.
ALTER TABLE webhook_queue.deliveries ADD COLUMN lost integer NOT NULL DEFAULT 0;
