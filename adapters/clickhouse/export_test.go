package clickhouse

import (
	"context"

	"github.com/morket/morket/projections"
)

// DropDatabase removes the client's database with everything in it.
func DropDatabase(ctx context.Context, c *Client) error {
	return c.admin.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(c.database)+" SYNC")
}

// SuiteModel is the read model of the suites.
func SuiteModel() Model {
	return Model{
		Projection: "suite",
		Tables:     []Table{{"rows", `(key String, row String, position Int64) ENGINE = ReplacingMergeTree(position) ORDER BY key`}},
		Checksums:  map[string]string{"rows": `SELECT count(), toString(sum(cityHash64(key, row))), max(position) FROM {rows} FINAL`},
	}
}

// SetRow writes a row of SuiteModel.
func SetRow(ctx context.Context, tx projections.Tx, key, row string, position int64) error {
	b, err := from(tx)
	if err != nil {
		return err
	}
	rows, err := b.into(ctx, "rows")
	if err != nil {
		return err
	}
	return rows.Append(key, row, position)
}
