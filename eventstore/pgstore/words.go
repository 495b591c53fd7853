package pgstore

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// maxWords is how many words are kept: what comes after them is written into the events.
const maxWords = 10_000

// words is log.words as far as it is known here. A word never changes, so nothing in it can be out of date.
type words struct {
	pool *pgxpool.Pool

	mu     sync.RWMutex
	ids    map[string]int
	quoted map[int][]byte // as JSON
}

func openWords(ctx context.Context, pool *pgxpool.Pool) (*words, error) {
	w := &words{pool: pool, ids: map[string]int{}, quoted: map[int][]byte{}}
	return w, w.load(ctx, pool)
}

// load reads all words.
func (w *words) load(ctx context.Context, db reader) error {
	rows, err := db.Query(ctx, `SELECT id, word FROM log.words`)
	if err != nil {
		return fmt.Errorf("read the log's words: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var id int
	var word string
	_, err = pgx.ForEachRow(rows, []any{&id, &word}, func() error { return w.set(id, word) })
	if err != nil {
		return fmt.Errorf("read the log's words: %w", err)
	}
	return nil
}

func (w *words) set(id int, word string) error {
	b, err := json.Marshal(word)
	w.ids[word], w.quoted[id] = id, b
	return err
}

const (
	// Of two processes that add a word at once, or two words under one number, one adds nothing.
	addWordSQL  = `INSERT INTO log.words (id, word) SELECT coalesce(max(id), 0) + 1, $1 FROM log.words ON CONFLICT DO NOTHING`
	findWordSQL = `SELECT id FROM log.words WHERE word = $1`
	// wordWithin is how long an append may wait for a new word; then it does without.
	wordWithin = time.Second
)

// number returns the word's number; false if it has none and gets none.
func (w *words) number(ctx context.Context, word string) (int, bool) {
	w.mu.RLock()
	id, ok := w.ids[word]
	full := len(w.ids) >= maxWords
	w.mu.RUnlock()
	if ok || full {
		return id, ok
	}
	ctx, cancel := context.WithTimeout(ctx, wordWithin)
	defer cancel()
	for range 3 {
		if _, err := w.pool.Exec(ctx, addWordSQL, word); err != nil {
			return 0, false
		}
		if err := w.pool.QueryRow(ctx, findWordSQL, word).Scan(&id); err == nil {
			w.mu.Lock()
			defer w.mu.Unlock()
			return id, w.set(id, word) == nil
		}
	}
	return 0, false
}

// text returns the JSON of the word with the number, nil if it isn't known here.
func (w *words) text(id int) []byte {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.quoted[id]
}
