-- +goose Up

-- The tables as they were before they had migrations: what is there already is left as it is.
CREATE TABLE IF NOT EXISTS provider_quotas.used (
  key    text PRIMARY KEY,
  second bigint NOT NULL,
  minute bigint NOT NULL,
  hour   bigint NOT NULL,
  day    bigint NOT NULL
) WITH (fillfactor = 50);
