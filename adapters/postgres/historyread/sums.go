package historyread

import (
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/historyview"
)

// stepKey names a step.
type stepKey struct {
	table kernel.TableID
	step  string
}

// stepSum is what a batch has of one step.
type stepSum struct {
	first       historyview.Change
	cells, rows int
	money       kernel.Credits
}

// stepSums are the steps of a batch, in the order of their first events.
type stepSums struct {
	by    map[stepKey]*stepSum
	order []stepKey
}

func sum(changes []historyview.Change) *stepSums {
	sums := &stepSums{by: map[stepKey]*stepSum{}}
	for _, c := range changes {
		k := stepKey{c.Table, c.Step.Step}
		s, ok := sums.by[k]
		if !ok {
			s = &stepSum{first: c}
			sums.by[k] = s
			sums.order = append(sums.order, k)
		}
		s.cells += c.Cells
		s.money += c.Money
		if c.Inserts || c.Kind == "delete" || c.Kind == "restore" {
			s.rows += len(c.Rows)
		}
	}
	return sums
}

// tables are the tables of the batch, each once.
func (s *stepSums) tables() []string {
	var out []string
	for _, k := range s.order {
		if !slices.Contains(out, string(k.table)) {
			out = append(out, string(k.table))
		}
	}
	return out
}

const (
	// firstOf is the position of the first event of a step: $1 is the table, the parameter the step.
	firstOf = `(SELECT l.position FROM lines l WHERE hashtextextended(l.step, 0) = hashtextextended($2, 0) AND l.step = $2
  AND l.table_key = hashtextextended($1, 0))`
	undone = `(SELECT coalesce(t.root, l.position) AS root FROM lines l LEFT JOIN turns t ON t.step = l.position
WHERE hashtextextended(l.step, 0) = hashtextextended($3, 0) AND l.step = $3 AND l.table_key = hashtextextended($1, 0))`
	turnInsert = `INSERT INTO turns (step, table_key, by_user, root, undone, effective, changed)
SELECT l.position, l.table_key, l.by_user, u.root, false, l.position, l.position
FROM lines l, ` + undone + ` u WHERE l.position = ` + firstOf + ` ON CONFLICT DO NOTHING`
	// Only the first event of a step that takes another back turns the root around: what was done is undone, what was undone
	// is done again.
	rootUpsert = `INSERT INTO turns (step, table_key, by_user, root, undone, effective, changed)
SELECT l.position, l.table_key, l.by_user, l.position, true, ` + firstOf + `, $3 FROM lines l WHERE l.position = (SELECT root FROM turns
	WHERE step = ` + firstOf + `)
ON CONFLICT (step) DO UPDATE SET undone = NOT turns.undone, effective = EXCLUDED.effective, changed = EXCLUDED.changed
WHERE turns.effective <> EXCLUDED.effective`
)

// queue adds what the steps are to those of earlier batches, once their lines are there.
func (s *stepSums) queue(batch *pgx.Batch) {
	all := newColumns(6) //nolint:mnd // as many as the statement has parameters
	for _, k := range s.order {
		v := s.by[k]
		all.add(string(k.table), k.step, v.first.Position, int64(v.money), int64(v.cells), int64(v.rows))
	}
	all.queue(batch, sumsUpdate)
	for _, k := range s.order {
		if c := s.by[k].first; c.Step.Undoes != "" {
			batch.Queue(turnInsert, string(k.table), k.step, c.Step.Undoes)
			batch.Queue(rootUpsert, string(k.table), k.step, c.Position)
		}
	}
}
