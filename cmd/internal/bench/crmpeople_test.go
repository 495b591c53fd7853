package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

func textOf(body io.Reader) (string, error) {
	const most = 1 << 20
	b, err := io.ReadAll(io.LimitReader(body, most))
	return string(b), err
}

// personOf are the values of a person, by the columns' names.
func personOf(n int) map[string]string {
	return map[string]string{
		"Email": "person" + strconv.Itoa(n) + "@company" + strconv.Itoa(n%997) + ".example", "First name": fmt.Sprintf("First %d", n),
		"Company": fmt.Sprintf("Company %d", n%997),
	}
}

// fill makes the table.
func (b *crmBench) fill(ctx context.Context) error {
	var made struct {
		ID      string
		Columns []struct{ ID, Name string }
	}
	columns := []any{
		map[string]any{"name": "Email", "type": "email"},
		map[string]any{"name": "First name", "type": "text"},
		map[string]any{"name": "Company", "type": "text"},
	}
	if _, err := b.send(ctx, http.MethodPost, b.workspace+"/tables", map[string]any{"name": "People", "columns": columns}, &made); err != nil {
		return err
	}
	b.table = made.ID
	for _, c := range made.Columns {
		b.cells[c.Name] = c.ID
	}
	const atOnce = 2_000
	for from := 0; from < b.size; from += atOnce {
		var operations []any
		for n := from; n < min(from+atOnce, b.size); n++ {
			operations = append(operations, map[string]any{"op": "insert", "cells": personOf(n)})
		}
		body := map[string]any{"operations": operations}
		if _, err := b.send(ctx, http.MethodPost, b.workspace+"/tables/"+b.table+"/rows:batch", body, nil); err != nil {
			return err
		}
	}
	return nil
}
