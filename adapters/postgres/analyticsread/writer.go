// Package analyticsread keeps the analytics cube in Postgres and answers questions over it.
package analyticsread

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/analyticsview"
)

var (
	//go:embed schema.sql
	schema string
	//go:embed expand.sql
	expand string
)

// Model is the shape of the read model.
func Model() postgres.Model {
	return postgres.Model{Name: analyticsview.Name, DDL: schema, Expand: expand}
}

// Writer adds facts to the cube. The transaction's checkpoint makes each be added once.
type Writer struct{ tx *postgres.Tx }

// Open makes a writer of a projector's transaction.
func Open(tx projections.Tx) (analyticsview.Writer, error) {
	pg, err := postgres.From(tx)
	if err != nil {
		return nil, err
	}
	return &Writer{pg}, nil
}

const stampSQL = `
INSERT INTO stamps (workspace_id, position) SELECT * FROM unnest($1::text[], $2::bigint[])
ON CONFLICT (workspace_id) DO UPDATE SET position = greatest(stamps.position, EXCLUDED.position)`

// addSQL adds rows to the cube, a parameter for each column.
func addSQL() string {
	keys := []string{"workspace_id", "kind", "quarter"}
	for _, d := range analyticsview.Dims() {
		keys = append(keys, string(d))
	}
	columns := append(slices.Clone(keys), analyticsview.Names()...)
	params, sets := make([]string, len(columns)), make([]string, 0, len(columns))
	for i := range columns {
		typ := "text"
		if i == 2 {
			typ = "timestamptz"
		} else if i >= len(keys) {
			typ = "bigint"
		}
		params[i] = fmt.Sprintf("$%d::%s[]", i+1, typ)
	}
	for _, name := range analyticsview.Names() {
		sets = append(sets, name+" = cube."+name+" + EXCLUDED."+name)
	}
	return "INSERT INTO cube (" + strings.Join(columns, ", ") + ") SELECT * FROM unnest(" + strings.Join(params, ", ") +
		") ON CONFLICT (" + strings.Join(keys, ", ") + ") DO UPDATE SET " + strings.Join(sets, ", ")
}

// atOnce is how many cells of the cube are written by one statement.
const atOnce = 5000

// Write implements analyticsview.Writer.
func (w *Writer) Write(ctx context.Context, facts []analyticsview.Fact) error {
	sums := make(map[analyticsview.Key]*analyticsview.Measures, len(facts))
	var keys []analyticsview.Key
	stamps := map[kernel.WorkspaceID]int64{}
	for i := range facts {
		f := &facts[i]
		m := sums[f.Key]
		if m == nil {
			m = &analyticsview.Measures{}
			sums[f.Key] = m
			keys = append(keys, f.Key)
		}
		m.Add(f.Measures)
		stamps[f.Workspace] = max(stamps[f.Workspace], f.Position)
	}
	sql := addSQL()
	for chunk := range slices.Chunk(keys, atOnce) {
		if _, err := w.tx.Exec(ctx, sql, arrays(chunk, sums)...); err != nil {
			return fmt.Errorf("add to the analytics cube: %w", err)
		}
	}
	var workspaces []string
	var positions []int64
	for ws, position := range stamps {
		workspaces, positions = append(workspaces, string(ws)), append(positions, position)
	}
	_, err := w.tx.Exec(ctx, stampSQL, workspaces, positions)
	return err
}

func arrays(keys []analyticsview.Key, sums map[analyticsview.Key]*analyticsview.Measures) []any {
	workspaces, kinds, quarters := make([]string, len(keys)), make([]string, len(keys)), make([]time.Time, len(keys))
	var dims [analyticsview.DimCount][]string
	var numbers [analyticsview.MeasureCount][]int64
	for i, k := range keys {
		workspaces[i], kinds[i], quarters[i] = string(k.Workspace), string(k.Kind), k.Quarter
		for d, v := range k.Dims {
			dims[d] = append(dims[d], v)
		}
		for n, v := range sums[k].Numbers() {
			numbers[n] = append(numbers[n], v)
		}
	}
	out := []any{workspaces, kinds, quarters}
	for _, d := range dims {
		out = append(out, d)
	}
	for _, n := range numbers {
		out = append(out, n)
	}
	return out
}
