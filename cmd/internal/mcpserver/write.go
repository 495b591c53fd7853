package mcpserver

import (
	"context"
	"errors"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// maxOperations is how many rows one call writes: a model that errs should err small.
const maxOperations = 500

func (t *tools) addWrites(s *mcp.Server) {
	add(s, &mcp.Tool{
		Name: "write_rows", Annotations: changes("Write rows", true, false),
		Description: "Inserts, updates or upserts up to 500 rows of a table: all or none, unless skip_errors is set; each row's result is " +
			"answered. An update or upsert replaces the values of the cells that it names and leaves the others alone; null empties a cell. " +
			"Columns that run by themselves may ask paid providers for new rows. After a call whose answer was lost, repeat it with the same " +
			"idempotency_key. Rows are not deleted by it. Write only what the user asked for.",
	}, t.writeRows)
}

type operation struct {
	Op    string         `json:"op" jsonschema:"insert, update or upsert"`
	Row   string         `json:"row,omitempty" jsonschema:"of update: the row's id (row_…)"`
	Cells map[string]any `json:"cells" jsonschema:"values by column name or id; numbers of more than 15 digits as text"`
}

type writeRowsIn struct {
	Table          string      `json:"table" jsonschema:"the table's name or id (tbl_…)"`
	Operations     []operation `json:"operations" jsonschema:"1 to 500"`
	KeyColumns     []string    `json:"key_columns,omitempty" jsonschema:"of upserts: names or ids of the columns that say which row is meant"`
	SkipErrors     bool        `json:"skip_errors,omitempty" jsonschema:"write the good rows even if others are bad"`
	CreateOptions  bool        `json:"create_options,omitempty" jsonschema:"add values that select columns don't have as options yet"`
	IdempotencyKey string      `json:"idempotency_key,omitempty" jsonschema:"any text, up to 100 visible characters: calls with the same one act once"`
}

type writtenRow struct {
	Index  int    `json:"index" jsonschema:"of the operation, from 0"`
	Status string `json:"status" jsonschema:"ok, unchanged or error"`
	Row    string `json:"row,omitempty"`
	Error  string `json:"error,omitempty"`
}

type writeRowsOut struct {
	Inserted int          `json:"inserted"`
	Updated  int          `json:"updated"`
	Failed   int          `json:"failed"`
	Results  []writtenRow `json:"results"`
}

func (t *tools) writeRows(ctx context.Context, in writeRowsIn) (out writeRowsOut, err error) {
	if n := len(in.Operations); n == 0 || n > maxOperations {
		return out, errors.New("operations holds 1 to 500 rows: split more into several calls")
	}
	table, err := t.client.Table(ctx, in.Table)
	if err != nil {
		return out, err
	}
	keys := make([]string, 0, len(in.KeyColumns))
	for _, ref := range in.KeyColumns {
		c, err := table.Column(ref)
		if err != nil {
			return out, err
		}
		keys = append(keys, c.ID)
	}
	operations := make([]map[string]any, 0, len(in.Operations))
	for _, o := range in.Operations {
		switch o.Op {
		case "insert", "update", "upsert":
		default:
			return out, errors.New("op is insert, update or upsert; rows are deleted by people in Morket")
		}
		op := map[string]any{"op": o.Op, "cells": o.Cells}
		if o.Row != "" {
			op["row_id"] = o.Row
		}
		operations = append(operations, op)
	}
	body := map[string]any{"operations": operations, "create_options": in.CreateOptions}
	if len(keys) > 0 {
		body["key_columns"] = keys
	}
	if in.SkipErrors {
		body["on_error"] = "skip"
	}
	path, err := t.client.Path(ctx, table)
	if err != nil {
		return out, err
	}
	var answer struct {
		Inserted, Updated, Failed int
		Results                   []struct {
			Index  int    `json:"index"`
			Status string `json:"status"`
			RowID  string `json:"row_id"`
			Error  string `json:"error"`
		}
	}
	if _, err := t.client.Write(ctx, path+"/rows:batch", in.IdempotencyKey, body, &answer); err != nil {
		return out, err
	}
	out = writeRowsOut{Inserted: answer.Inserted, Updated: answer.Updated, Failed: answer.Failed}
	out.Results = make([]writtenRow, 0, len(answer.Results))
	for _, r := range answer.Results {
		out.Results = append(out.Results, writtenRow{r.Index, r.Status, r.RowID, r.Error})
	}
	return out, nil
}
