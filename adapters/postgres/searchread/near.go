package searchread

import (
	"context"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/projections/searchview"
)

const (
	nearCandidates = 2_000 // words with trigrams in common that are looked at
	nearWords      = 30    // words that one asked for may stand for
)

// A word of n letters has n+1 trigrams (pg_trgm pads it), of which each wrong letter takes at most three; so what the two
// words have in common is at least this much of all.
func leastSimilar(deadLetters, edits int) float64 {
	all := deadLetters + 1
	common := max(1, all-3*edits)
	return float64(common) / float64(2*all+edits-common)
}

const (
	limitSQL = `SELECT set_config('pg_trgm.similarity_threshold', $1::float8::text, true)`
	nearSQL  = `SELECT term FROM rm_search.own_terms WHERE workspace_id = $1 AND term OPERATOR(public.%) $2
AND length(term) BETWEEN $3 AND $4 ORDER BY public.similarity(term, $2) DESC, n DESC, term LIMIT $5`
)

// near finds for each clause the words of the workspace that are nearly the one asked for, those that most rows have first.
func (q *Queries) near(ctx context.Context, p searchview.Plan) ([][]string, error) {
	out := make([][]string, len(p.Clauses))
	if !slices.ContainsFunc(p.Clauses, func(c searchview.Clause) bool { return c.Edits > 0 }) {
		return out, nil
	}
	err := pgx.BeginTxFunc(ctx, q.db, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for i, c := range p.Clauses {
			if c.Edits == 0 {
				continue
			}
			word := c.Words[0]
			n := utf8.RuneCountInString(word)
			if _, err := tx.Exec(ctx, limitSQL, leastSimilar(n, c.Edits)); err != nil {
				return err
			}
			rows, err := tx.Query(ctx, nearSQL, p.Workspace, word, n-c.Edits, n+c.Edits, nearCandidates)
			if err != nil {
				return err
			}
			terms, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return err
			}
			for _, t := range terms {
				if t != word && len(out[i]) < nearWords && searchview.Within(word, t, c.Edits) {
					out[i] = append(out[i], t)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for words that are nearly the same: %w", err)
	}
	return out, nil
}
