-- +goose Up

-- The tables as they were before they had migrations: what is there already is left as it is.
CREATE TABLE IF NOT EXISTS vault.keys (
	subject      text COLLATE "C" PRIMARY KEY,
	master       text NOT NULL,
	nonce        bytea NOT NULL,
	wrapped      bytea NOT NULL,
	created_at   timestamptz NOT NULL,
	destroyed_at timestamptz
);
