// Package recordedtest is a memory twin of enrichmentcmd.Recorded: it reads the log each time that it is asked.
package recordedtest

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Opener opens what was sealed; false when its key was destroyed.
type Opener interface {
	Open(ctx context.Context, subject string, sealed []byte) (plain []byte, ok bool, err error)
}

// Log implements enrichmentcmd.Recorded over a log.
type Log struct {
	Store eventstore.Store
	Keys  Opener
}

var _ enrichmentcmd.Recorded = Log{}

// Await implements enrichmentcmd.Recorded: a log is never behind itself.
func (Log) Await(context.Context, int64) error { return nil }

// Replies implements enrichmentcmd.Recorded.
func (l Log) Replies(
	ctx context.Context, ws kernel.WorkspaceID, list []enrichment.Question,
) (map[enrichment.Question]enrichment.RecordedReply, error) {
	out := map[enrichment.Question]enrichment.RecordedReply{}
	err := l.each(ctx, ws, func(e enrichment.RunAnswersRecorded) error {
		for _, k := range e.Kept {
			body, err := l.open(ctx, e.KeptFor, k)
			if err != nil {
				return err
			}
			for _, q := range k.Asked {
				if r, ok := body.Find(q); ok && slices.Contains(list, q) {
					out[q] = r
				}
			}
		}
		return nil
	})
	return out, err
}

// Given implements enrichmentcmd.Recorded.
func (l Log) Given(
	ctx context.Context, ws kernel.WorkspaceID, column kernel.ColumnID, rows []kernel.RowID,
) (map[kernel.RowID]enrichmentcmd.Given, error) {
	out := map[kernel.RowID]enrichmentcmd.Given{}
	err := l.each(ctx, ws, func(e enrichment.RunAnswersRecorded) error {
		for i, m := range e.Marks {
			if m.ColumnID != column || !slices.Contains(rows, m.RowID) {
				continue
			}
			g := enrichmentcmd.Given{State: m.State, Message: m.Message}
			if at := slices.Index(e.Chunk.Rows, m.RowID); at >= 0 && e.Chunk.Cols[column] != nil {
				g.Value = e.Chunk.Cols[column][at]
			}
			for _, k := range e.Kept {
				if k.Index != i {
					continue
				}
				body, err := l.open(ctx, e.KeptFor, k)
				if err == nil && len(body.Outputs) > 0 {
					g.Outputs, err = enrichment.DecodeOutputs(body.Outputs)
				}
				if err != nil {
					return err
				}
			}
			out[m.RowID] = g
		}
		return nil
	})
	return out, err
}

func (l Log) open(ctx context.Context, subject string, k enrichment.KeptAnswer) (body enrichment.AnswerBody, err error) {
	plain, ok, err := l.Keys.Open(ctx, subject, k.Body)
	if err != nil || !ok {
		return body, err
	}
	return body, json.Unmarshal(plain, &body)
}

func (l Log) each(ctx context.Context, ws kernel.WorkspaceID, fn func(enrichment.RunAnswersRecorded) error) error {
	for after := int64(0); ; {
		page, err := l.Store.ReadAll(ctx, after, 1000)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, rec := range page {
			after = rec.Position
			if rec.Type != (enrichment.RunAnswersRecorded{}).EventType() || rec.Workspace != ws {
				continue
			}
			var e enrichment.RunAnswersRecorded
			if err := json.Unmarshal(rec.Data, &e); err != nil {
				return err
			}
			if err := fn(e); err != nil {
				return err
			}
		}
	}
}
