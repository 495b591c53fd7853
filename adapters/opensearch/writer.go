package opensearch

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/searchview"
)

// Open is for searchview.New.
func Open(tx projections.Tx) (searchview.Writer, error) {
	b, ok := tx.(*Batch)
	if !ok {
		return nil, fmt.Errorf("the projector was handed a %T, not a batch of OpenSearch's", tx)
	}
	return writer{b}, nil
}

type writer struct{ *Batch }

// source is a document as it is read back.
type source struct {
	Kind      string             `json:"kind"`
	Workspace kernel.WorkspaceID `json:"workspace"`
	Table     kernel.TableID     `json:"table"`
	Row       kernel.RowID       `json:"row"`
	Position  int64              `json:"position"`
	Created   int64              `json:"created"`
	Updated   int64              `json:"updated"`
	Gone      bool               `json:"gone"`
	Name      string             `json:"name"`
	NameKey   string             `json:"name_key"`
	Tags      []string           `json:"tags"`
	States    []string           `json:"states"`
	Providers []string           `json:"providers"`
	Doc       json.RawMessage    `json:"doc"`
	State     json.RawMessage    `json:"state"`
}

func (s source) document() (*searchview.Document, error) {
	d := &searchview.Document{
		Workspace: s.Workspace, Table: s.Table, Row: s.Row, Position: s.Position,
		CreatedAt: time.UnixMicro(s.Created).UTC(), UpdatedAt: time.UnixMicro(s.Updated).UTC(), Gone: s.Gone,
	}
	if err := json.Unmarshal(s.Doc, d); err != nil {
		return nil, fmt.Errorf("document of %s: %w", s.Row, err)
	}
	return d, nil
}

// get reads documents by id, as they were last written.
func (w writer) get(ctx context.Context, ids []string) ([]source, error) {
	if err := w.send(ctx); err != nil {
		return nil, err
	}
	var answer struct {
		Docs []struct {
			Found  bool   `json:"found"`
			Source source `json:"_source"`
			Error  *cause `json:"error"`
		} `json:"docs"`
	}
	if err := w.client.do(ctx, http.MethodPost, "/"+w.client.alias(w.copy)+"/_mget", m{"ids": ids}, &answer); err != nil {
		return nil, err
	}
	var out []source
	for _, d := range answer.Docs {
		if d.Error != nil {
			return nil, d.Error.unread()
		}
		if d.Found {
			out = append(out, d.Source)
		}
	}
	return out, nil
}

// Structures implements searchview.Writer.
func (w writer) Structures(ctx context.Context, ids []kernel.TableID) ([]*searchview.Structure, error) {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = string(id)
	}
	list, err := w.get(ctx, names)
	if err != nil {
		return nil, err
	}
	return structures(list)
}

func structures(list []source) ([]*searchview.Structure, error) {
	out := make([]*searchview.Structure, len(list))
	for i, s := range list {
		var err error
		if out[i], err = searchview.NewStructure(s.Position, s.State); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Documents implements searchview.Writer.
func (w writer) Documents(ctx context.Context, rows []kernel.RowID) ([]*searchview.Document, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = string(r)
	}
	list, err := w.get(ctx, ids)
	if err != nil {
		return nil, err
	}
	return documents(list)
}

func documents(list []source) ([]*searchview.Document, error) {
	out := make([]*searchview.Document, len(list))
	for i, s := range list {
		var err error
		if out[i], err = s.document(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Scan implements searchview.Writer.
func (w writer) Scan(ctx context.Context, id kernel.TableID, after kernel.RowID, limit int) ([]*searchview.Document, error) {
	body := m{
		"size":  limit,
		"sort":  []m{{"row": "asc"}},
		"query": m{"bool": m{"filter": []m{{"term": m{"kind": kindRow}}, {"term": m{"table": id}}}}},
	}
	if after == "" {
		if err := w.send(ctx); err != nil {
			return nil, err
		}
		if err := w.refresh(ctx); err != nil {
			return nil, err
		}
	} else {
		body["search_after"] = []any{after}
	}
	var answer hits
	if err := w.client.do(ctx, http.MethodPost, "/"+w.client.alias(w.copy)+"/_search", body, &answer); err != nil {
		return nil, err
	}
	return documents(answer.sources())
}

// Save implements searchview.Writer. Documents go before structures: a structure is never ahead of its rows.
func (w writer) Save(ctx context.Context, b searchview.Batch) error {
	for _, c := range b.Changes {
		if err := w.row(ctx, c); err != nil {
			return fmt.Errorf("document of %s: %w", c.Row, err)
		}
	}
	for _, s := range b.Structures {
		state, err := s.State()
		if err != nil {
			return err
		}
		doc := m{"kind": kindTable, "workspace": s.Workspace(), "table": s.ID(), "state": state}
		if err := w.put(ctx, string(s.ID()), s.Position, doc, state); err != nil {
			return err
		}
	}
	return nil
}

// Finish implements searchview.Writer.
func (writer) Finish(context.Context) error { return nil }

func (w writer) row(ctx context.Context, c searchview.Change) error {
	body, err := json.Marshal(c.Document)
	if err != nil {
		return err
	}
	e := c.Entry
	text, scoped := make([]string, len(e.Texts)), make([]string, len(e.Texts))
	for i, t := range e.Texts {
		words := searchview.FoldedWords(t.Text)
		text[i] = strings.Join(words, " ")
		for k, word := range words {
			words[k] = scope(t.Column, word)
		}
		scoped[i] = strings.Join(words, " ")
	}
	completions := make([]string, len(e.Suggest))
	for i, value := range e.Suggest {
		completions[i] = completion(value)
	}
	doc := m{
		"kind": kindRow, "workspace": c.Workspace, "table": c.Table, "row": c.Row, "gone": c.Gone, "doc": json.RawMessage(body),
		"created": c.CreatedAt.UnixMicro(), "updated": c.UpdatedAt.UnixMicro(), "month": c.UpdatedAt.UTC().Format("2006-01"),
		"name": e.Name, "name_key": e.NameKey, "name_words": strings.Join(searchview.FoldedWords(e.Name), " "), "text": text, "scoped": scoped,
		"tags": e.Tags, "states": e.States, "providers": e.Providers, "completions": completions,
	}
	seen := fmt.Appendf(body, "%v%d%d%s%q%q%q%q", c.Gone, c.CreatedAt.UnixMicro(), c.UpdatedAt.UnixMicro(), e.Name, e.Tags, e.States,
		e.Providers, e.Suggest)
	return w.put(ctx, string(c.Row), c.Position, doc, seen)
}

// scope makes a word of a cell one that is found in that column alone.
func scope(c kernel.ColumnID, word string) string { return string(c) + ":" + word }
