// Package demo is the sample table of the demo workspace: the companies of the S&P 500 index as listed by the public-domain
// dataset of the Open Knowledge Foundation's datasets/s-and-p-500-companies (PDDL 1.0).
package demo

import (
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/table"
)

//go:embed sp500-companies.csv
var companies string

// The demo login, which everybody knows; it is made only on a machine of one's own (config.Demo).
const (
	Email    = "demo@morket.local"
	Password = "morket-demo" //nolint:gosec // meant to be known
)

// TableName names the sample table.
const TableName = "S&P 500"

// Columns are the sample table's columns, in the file's order.
func Columns() []tablecmd.NewColumn {
	return []tablecmd.NewColumn{
		{Name: "Symbol", Type: table.Text},
		{Name: "Company", Type: table.Text},
		{Name: "Sector", Type: table.Select},
		{Name: "Industry", Type: table.Text},
		{Name: "Headquarters", Type: table.Text},
		{Name: "Date added", Type: table.Date},
		{Name: "CIK", Type: table.Text, Description: "Number in the SEC's EDGAR register"},
		{Name: "Founded", Type: table.Text},
	}
}

// Rows are the sample table's rows, as operations that insert them.
func Rows() ([]tablecmd.RowOp, error) {
	records, err := csv.NewReader(strings.NewReader(companies)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read the sample companies: %w", err)
	}
	columns := Columns()
	ops := make([]tablecmd.RowOp, 0, len(records)-1)
	for _, r := range records[1:] {
		op := tablecmd.RowOp{Op: "insert", Cells: map[string]json.RawMessage{}}
		for i, c := range columns {
			if r[i] == "" {
				continue
			}
			v, err := json.Marshal(r[i])
			if err != nil {
				return nil, err
			}
			op.Cells[c.Name] = v
		}
		ops = append(ops, op)
	}
	return ops, nil
}
