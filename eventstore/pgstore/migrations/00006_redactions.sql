-- +goose Up

-- What was taken out of events. The data itself is gone: "was" is a keyed hash of it as it was before the order, "now" the hash of what it
-- left, and ordered_by the position of the event that has ordered it. An event's latest order is the one that holds.
CREATE TABLE log.redactions (
    position    bigint      NOT NULL,
    ordered_by  bigint      NOT NULL,
    was         bytea       NOT NULL,
    now         bytea       NOT NULL,
    redacted_at timestamptz NOT NULL,
    PRIMARY KEY (position, ordered_by)
);
CREATE INDEX redactions_order ON log.redactions (ordered_by);
