-- Texts that come in the metadata of very many events, such as what a browser calls itself; an event names them by number.
-- +goose Up
CREATE TABLE log.words (
    id   int  PRIMARY KEY,
    word text NOT NULL UNIQUE COLLATE "C"
);

-- +goose Down
DROP TABLE log.words;
