package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/projections"
)

// Tx is the transaction in which a projector applies events. Unqualified names are those of its read model.
type Tx struct {
	pgx.Tx
	Schema string // of the read model: rm_<name>, or rm_<name>__next while it is rebuilt. Needed by COPY only
}

// From returns the Postgres transaction that a projector was handed.
func From(tx projections.Tx) (*Tx, error) {
	t, ok := tx.(*Tx)
	if !ok {
		return nil, fmt.Errorf("the projector was handed a %T, not a Postgres transaction", tx)
	}
	return t, nil
}

// Table returns the table's name for pgx.CopyFrom.
func (t *Tx) Table(name string) pgx.Identifier { return pgx.Identifier{t.Schema, name} }

// Model is the shape of a projection's read model.
type Model struct {
	Name string // the projection's
	DDL  string // statements that make the tables, with unqualified names
	// Indexes are statements that make what a rebuild makes after the tables are full. Unique indexes that writers rely on
	// (ON CONFLICT) belong to the DDL.
	Indexes string
	// Expand are statements that give tables of an earlier version what this version's queries ask for and can do without; each
	// does nothing where it is there already. So the old copy serves until the new one is swapped in.
	Expand string
	// Settle does a piece of what the read model has put off (projections.Settler); more says that some is left. It may be nil.
	Settle func(ctx context.Context, tx *Tx) (more bool, err error)
	// Unsettled is the query, with unqualified names, whether anything is put off; it goes with Settle.
	Unsettled string
	// Policies are, by table, the conditions under which a request sees a row, in SQL with unqualified names. A table with a column
	// workspace_id needs none: its rows are seen in that workspace. Policies change with the model's version only.
	Policies map[string]string
	// Apart reports the tables that are of one workspace as a whole; their readers ask for the workspace. It may be nil.
	Apart func(table string) bool
}

// SchemaOf returns the schema of a location.
func SchemaOf(p projections.Location) string { return "rm_" + p.String() }
