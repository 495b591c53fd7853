package workflowcmd

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

const (
	sendRows  = 100       // of one message
	sendBytes = 512 << 10 // of one message, about
	sendTries = 4
	sendPause = time.Second // before the second try; each further one is five times as long
)

// Message is what a Send node posts.
type Message struct {
	Type       string               `json:"type"` // workflow.rows.v1
	WorkflowID kernel.WorkflowID    `json:"workflow_id"`
	RunID      kernel.WorkflowRunID `json:"run_id"`
	Node       workflow.NodeID      `json:"node"`
	TableID    kernel.TableID       `json:"table_id"`
	Columns    []MessageColumn      `json:"columns"`
	Rows       []MessageRow         `json:"rows"`
}

// MessageColumn says how a column is called.
type MessageColumn struct {
	ID   kernel.ColumnID `json:"id"`
	Name string          `json:"name"`
}

// MessageRow is a row with its cells by column id; empty ones are null.
type MessageRow struct {
	ID    kernel.RowID                        `json:"id"`
	Cells map[kernel.ColumnID]json.RawMessage `json:"cells"`
}

// send posts rows to a webhook's address. A message has the same id however often it is sent. Rows that are gone go no further.
func (w *work) send(ctx context.Context, s workflow.Step, pieces []workflow.Piece) ([]workflow.Result, error) {
	rows, err := w.rows(ctx, s, pieces, Query{Columns: s.Node.Config.Columns})
	if err != nil {
		return nil, err
	}
	bodies, err := w.messages(ctx, s, rows)
	if err != nil {
		return nil, err
	}
	name := w.name(s, pieces)
	for i, body := range bodies {
		if err := w.post(ctx, s, fmt.Sprintf("%s-%d", name, i), body); err != nil {
			return nil, err
		}
	}
	return w.leaving(pieces, rows)
}

// messages writes rows as messages of bounded size.
func (w *work) messages(ctx context.Context, s workflow.Step, rows []Row) ([][]byte, error) {
	m := Message{
		Type: "workflow.rows.v1", WorkflowID: w.run.Started().WorkflowID, RunID: w.id(), Node: s.Node.ID, TableID: s.Table,
	}
	t, _, err := w.h.tables.Load(ctx, string(s.Table))
	if err != nil {
		return nil, err
	}
	for _, id := range s.Node.Config.Columns {
		c, ok := t.Schema().Column(id)
		if !ok {
			return nil, kernel.NotFound("column", string(id))
		}
		m.Columns = append(m.Columns, MessageColumn{id, c.Name})
	}
	var out [][]byte
	size := 0
	flush := func() error {
		if len(m.Rows) == 0 {
			return nil
		}
		body, err := json.Marshal(m)
		out, m.Rows, size = append(out, body), nil, 0
		return err
	}
	for _, row := range rows {
		line := MessageRow{ID: row.ID, Cells: map[kernel.ColumnID]json.RawMessage{}}
		for _, c := range m.Columns {
			line.Cells[c.ID] = kernel.OrNull(row.Cells[c.ID])
			size += len(line.Cells[c.ID])
		}
		m.Rows = append(m.Rows, line)
		if len(m.Rows) == sendRows || size >= sendBytes {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	return out, flush()
}

// post sends a message, again where that may help.
func (w *work) post(ctx context.Context, s workflow.Step, id string, body []byte) error {
	pause := sendPause
	for try := 1; ; try++ {
		w.alive("send " + id)
		again, err := w.h.cfg.Sender.Send(ctx, w.workspace(), s.Node.Config.WebhookID, id, body)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !again || try == sendTries {
			return kernel.E(kernel.KindConflict, "NOT_SENT", "%s", err)
		}
		if err := w.Sleep(ctx, pause); err != nil {
			return err
		}
		pause *= 5
	}
}
