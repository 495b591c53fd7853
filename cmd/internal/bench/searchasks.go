package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/adapters/opensearch"
	"github.com/morket/morket/adapters/postgres/searchread"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/searchview"
)

// What a person waits for at most, in milliseconds.
const suggestP95, searchP95 = 100, 200

// asking is a kind of query: ask makes that of a row, which it finds.
type asking struct {
	name    string
	suggest bool
	text    func(row int) string
}

func searchAskings() []asking {
	l := leads{}
	start := func(word string, n int) string { return strings.ToLower(word[:n]) }
	return []asking{
		{"suggest after 2 letters", true, func(i int) string { return start(l.first(i), 2) }},
		{"suggest after 4 letters", true, func(i int) string { return start(l.first(i), 4) }},
		{"a rare word", false, func(i int) string { return l.surname(i) }},
		{"two words", false, func(i int) string { return l.first(i) + " " + l.surname(i) }},
		{"a word and what begins so", false, func(i int) string { return l.city(i) + " " + start(l.surname(i), 4) }},
		{"a word with two letters swapped", false, func(i int) string {
			w := strings.ToLower(l.firm(i))
			return w[:2] + w[3:4] + w[2:3] + w[4:]
		}},
		{"a phrase in a field", false, func(i int) string { return fmt.Sprintf("title:%q", l.title(i)) + " " + l.surname(i) }},
		{"a word that a fifth has", false, l.stage},
	}
}

// ask asks both stores the same by turns, with the facets, as the page Search does.
func (b *searchBench) ask(ctx context.Context) ([]Ratio, error) {
	var out []Ratio
	for _, kind := range searchAskings() {
		search, postgres := &asked{Searcher: opensearch.NewQueries(b.client, b.side)}, &asked{Searcher: searchread.NewQueries(b.pool)}
		for n := range b.asked + warmUp {
			text := kind.text(roll(n, 12, b.rows))
			for _, s := range []*asked{search, postgres} {
				if err := b.time(ctx, s, kind, text, n >= warmUp); err != nil {
					return out, fmt.Errorf("%s, %q: %w", kind.name, text, err)
				}
			}
		}
		most := float64(searchP95)
		if kind.suggest {
			most = suggestP95
		}
		slices.Sort(search.took)
		slices.Sort(postgres.took)
		for _, r := range latencies(fmt.Sprintf("search: %s, %d rows", kind.name, b.rows), search.took, postgres.took, 0, most, postgres.note()) {
			r.Failed = search.missed+search.slow+postgres.missed > 0
			out = append(out, r)
		}
	}
	return out, nil
}

// asked is how a store has answered a kind of query.
type asked struct {
	searchview.Searcher
	took         []time.Duration
	slow, missed int // given up because they took too long; without a hit
	all          time.Duration
}

// enough is how long one kind of query is asked of a store: what takes seconds each needn't be asked a hundred times.
const enough = 40 * time.Second

func (a *asked) note() string {
	s := "OpenSearch; limit: Postgres"
	if a.slow > 0 {
		s += fmt.Sprintf(", %d of %d given up as too slow", a.slow, len(a.took))
	}
	return s
}

// warmUp is how many queries of a kind come first and don't count: they find nothing in memory and no code compiled.
const warmUp = 30

// time asks a store, unless it has had enough of the kind.
func (b *searchBench) time(ctx context.Context, s *asked, kind asking, text string, counts bool) error {
	if s.all > enough {
		return nil
	}
	began := time.Now()
	found, err := b.search(ctx, s, kind, text)
	took := time.Since(began)
	if counts {
		s.took, s.all = append(s.took, took), s.all+took
	}
	switch {
	case kernel.KindOf(err) == kernel.KindUnavailable:
		s.slow++
	case err != nil:
		return err
	case !found:
		s.missed++
	}
	return nil
}

// search carries out a query and reports whether anything was found.
func (b *searchBench) search(ctx context.Context, s searchview.Searcher, kind asking, text string) (bool, error) {
	visible := func(kernel.TableID) bool { return true }
	if kind.suggest {
		list, err := searchview.Suggest(ctx, s, b.workspace, visible, text)
		return len(list) > 0, err
	}
	res, err := searchview.Search(ctx, s, b.workspace, visible, searchview.Query{Text: text, Facets: true})
	return len(res.Hits) > 0, err
}
