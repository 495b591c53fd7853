package gridread

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
)

var (
	//go:embed schema.sql
	ddl string
	//go:embed expand.sql
	expand string
)

// Model is the shape of the grid's read model.
func Model() postgres.Model {
	return postgres.Model{
		Name: gridview.Name, DDL: ddl, Expand: expand, Settle: NewStructures().settle,
		Unsettled: `SELECT EXISTS (SELECT FROM recomputes) OR EXISTS (SELECT FROM stale) OR EXISTS (SELECT FROM keyed WHERE NOT gathered)`,
		Policies: map[string]string{
			"trashed_columns": `EXISTS (SELECT FROM tables t WHERE t.table_id = trashed_columns.table_id)`,
			"recomputes":      `EXISTS (SELECT FROM tables t WHERE t.table_id = recomputes.table_id)`,
			"lookups":         `EXISTS (SELECT FROM tables t WHERE t.table_id = lookups.table_id)`,
			"keyed":           `EXISTS (SELECT FROM tables t WHERE t.table_id = keyed.table_id)`,
			"stale":           `EXISTS (SELECT FROM tables t WHERE t.table_id = stale.table_id)`,
			"writers":         `EXISTS (SELECT FROM tables t WHERE t.table_id = writers.table_id)`,
		},
		Apart: func(name string) bool {
			return slices.ContainsFunc([]string{"t_", "x_", "k_", "b_", "s_"}, func(p string) bool { return strings.HasPrefix(name, p) })
		},
	}
}

// registered is the condition of every statement that reads a table's rows: the registry, which is behind row-level security, has
// the table for the caller. A policy on the rows themselves would keep Postgres from using most of their indexes: what it may
// look up before the policy are only operators that are marked leakproof, and ILIKE, lower and numbers are not.
func registered(id kernel.TableID) string {
	prefix := kernel.PrefixTable
	if id.IsBranch() {
		prefix = kernel.PrefixBranch
	}
	return "EXISTS (SELECT FROM rm_grid.tables WHERE table_id = '" + prefix + "_" + strings.ToUpper(short(string(id))) + "')"
}

// live is the schema that readers see.
func live() string { return postgres.SchemaOf(projections.LiveOf(gridview.Name)) }

// short is an id's ULID in lower case. Ids are checked when they are made, so it is safe in SQL; anything else becomes
// letters and digits only.
func short(id string) string {
	_, body, _ := strings.Cut(id, "_")
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, body)
}

func liveRows(id kernel.TableID) string    { return "t_" + short(string(id)) }
func trashedRows(id kernel.TableID) string { return "x_" + short(string(id)) }

// ownRows and savedRows are those of a branch (see branches.go), of which liveRows is a view.
func ownRows(id kernel.TableID) string   { return "b_" + short(string(id)) }
func savedRows(id kernel.TableID) string { return "s_" + short(string(id)) }

func column(id kernel.ColumnID) string { return "c_" + short(string(id)) }

// rows names the table of the keys of a column (see lookupkeys.go).
func (k keyed) rows() string { return "k_" + short(string(k.column)) + "_" + string(k.compare) }

func original(f table.Former) string {
	return "o_" + short(string(f.Column.ID)) + "_" + strconv.FormatInt(f.At, 10)
}

// sqlType is the Postgres type that a column's values are stored in; "" for those that the row itself has.
func sqlType(t table.Type) string {
	switch t {
	case table.Number, table.Currency, table.Percent:
		return "numeric"
	case table.Boolean:
		return "boolean"
	case table.Date:
		return "date"
	case table.MultiSelect:
		return "jsonb"
	default:
		if t.ReadOnly() {
			return ""
		}
		return `text COLLATE "C"`
	}
}

// castOf is the type that a text parameter is cast to.
func castOf(t table.Type) string { return strings.TrimSuffix(sqlType(t), ` COLLATE "C"`) }

// systemColumns are those that every row has.
const systemColumns = "id, _pos, _pos0, _by, _cby, _created, _updated, _s, _k"

// asText is the expression of a stored value as text. The collation is part of a result's type, which a change of the column's
// type must not change under a prepared statement.
func asText(expr string) string { return "(" + expr + `)::text COLLATE "C"` }
