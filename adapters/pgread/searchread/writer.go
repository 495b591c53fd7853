// Package searchread keeps the documents of searches in Postgres and finds them: words by full text, words nearly like those
// asked for by trigrams.
package searchread

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/pgread"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/searchview"
)

var (
	//go:embed schema.sql
	schema string
	//go:embed indexes.sql
	indexes string
)

// Model is the shape of the read model.
func Model() pgread.Model {
	return pgread.Model{Name: searchview.Name, DDL: schema, Indexes: indexes}
}

// Open is for searchview.New.
func Open(tx projections.Tx) (searchview.Writer, error) {
	t, err := pgread.From(tx)
	return writer{t}, err
}

type writer struct{ tx *pgread.Tx }

const structuresQuery = `SELECT position, state FROM tables WHERE table_id = ANY($1)`

// Structures implements searchview.Writer.
func (w writer) Structures(ctx context.Context, ids []kernel.TableID) ([]*searchview.Structure, error) {
	rows, err := w.tx.Query(ctx, structuresQuery, ids)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanStructure)
}

func scanStructure(row pgx.CollectableRow) (*searchview.Structure, error) {
	var position int64
	var state []byte
	if err := row.Scan(&position, &state); err != nil {
		return nil, err
	}
	return searchview.NewStructure(position, state)
}

const (
	documentColumns = `row_id, table_id, workspace_id, position, created_at, updated_at, gone, doc`
	documentsQuery  = `SELECT ` + documentColumns + ` FROM rows WHERE row_id = ANY($1)`
	scanQuery       = `SELECT ` + documentColumns + ` FROM rows WHERE table_id = $1 AND row_id > $2 ORDER BY row_id LIMIT $3`
)

// Documents implements searchview.Writer.
func (w writer) Documents(ctx context.Context, ids []kernel.RowID) ([]*searchview.Document, error) {
	keys, err := rowKeys(ids)
	if err != nil {
		return nil, err
	}
	rows, err := w.tx.Query(ctx, documentsQuery, keys)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanDocument)
}

// Scan implements searchview.Writer.
func (w writer) Scan(ctx context.Context, id kernel.TableID, after kernel.RowID, limit int) ([]*searchview.Document, error) {
	var key kernel.RowKey
	if after != "" {
		var err error
		if key, err = after.Key(); err != nil {
			return nil, err
		}
	}
	rows, err := w.tx.Query(ctx, scanQuery, id, [16]byte(key), limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanDocument)
}

func scanDocument(row pgx.CollectableRow) (*searchview.Document, error) {
	d := &searchview.Document{}
	var key [16]byte
	var body []byte
	if err := row.Scan(&key, &d.Table, &d.Workspace, &d.Position, &d.CreatedAt, &d.UpdatedAt, &d.Gone, &body); err != nil {
		return nil, err
	}
	d.Row = kernel.RowKey(key).RowID()
	if err := json.Unmarshal(body, d); err != nil {
		return nil, fmt.Errorf("document of %s: %w", d.Row, err)
	}
	return d, nil
}

func rowKeys(ids []kernel.RowID) ([][16]byte, error) {
	keys := make([][16]byte, len(ids))
	for i, id := range ids {
		k, err := id.Key()
		if err != nil {
			return nil, err
		}
		keys[i] = k
	}
	return keys, nil
}

const saveTable = `INSERT INTO tables (table_id, workspace_id, position, state) VALUES ($1, $2, $3, $4)
ON CONFLICT (table_id) DO UPDATE SET position = excluded.position, state = excluded.state`

// Save implements searchview.Writer.
func (w writer) Save(ctx context.Context, b searchview.Batch) error {
	d := newDelta()
	if len(b.Changes) > 0 {
		if err := w.saveRows(ctx, b.Changes, d); err != nil {
			return fmt.Errorf("save documents: %w", err)
		}
	}
	var q pgx.Batch
	d.queue(&q)
	for _, s := range b.Structures {
		state, err := s.State()
		if err != nil {
			return err
		}
		q.Queue(saveTable, s.ID(), s.Workspace(), s.Position, string(state))
	}
	if q.Len() == 0 {
		return nil
	}
	return w.tx.SendBatch(ctx, &q).Close()
}

// One statement takes the whole batch. What a row is found by is computed before, so that both stores find the same.
const saveRows = `INSERT INTO rows (row_id, table_id, workspace_id, position, created_at, updated_at, gone, name, name_key, tags, states, providers, doc, words)
SELECT v.row_id, v.table_id, v.workspace_id, v.position, v.created_at, v.updated_at, v.gone, v.name, v.name_key, v.tags::text[], v.states::text[], v.providers::text[], v.doc::jsonb, v.words::tsvector
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::boolean[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])
AS v(row_id, table_id, workspace_id, position, created_at, updated_at, gone, name, name_key, tags, states, providers, doc, words)
ON CONFLICT (row_id) DO UPDATE SET position = excluded.position, updated_at = excluded.updated_at, gone = excluded.gone, name = excluded.name, name_key = excluded.name_key,
  tags = excluded.tags, states = excluded.states, providers = excluded.providers, doc = excluded.doc, words = excluded.words`

func (w writer) saveRows(ctx context.Context, changes []searchview.Change, d *delta) error {
	n := len(changes)
	var (
		ids, tables, workspaces = make([]kernel.RowID, n), make([]kernel.TableID, n), make([]kernel.WorkspaceID, n)
		positions               = make([]int64, n)
		created, updated        = make([]time.Time, n), make([]time.Time, n)
		gone                    = make([]bool, n)
		names, keys             = make([]string, n), make([]string, n)
		tags, states, providers = make([]string, n), make([]string, n), make([]string, n)
		docs, words             = make([]string, n), make([]string, n)
	)
	for i, c := range changes {
		body, err := json.Marshal(c.Document)
		if err != nil {
			return err
		}
		ids[i], tables[i], workspaces[i], positions[i] = c.Row, c.Table, c.Workspace, c.Position
		created[i], updated[i], gone[i] = c.CreatedAt, c.UpdatedAt, c.Gone
		names[i], keys[i], docs[i] = c.Entry.Name, c.Entry.NameKey, string(clean(body))
		tags[i], states[i], providers[i] = arrayLiteral(c.Entry.Tags), arrayLiteral(c.Entry.States), arrayLiteral(c.Entry.Providers)
		words[i] = d.change(c)
	}
	rowIDs, err := rowKeys(ids)
	if err != nil {
		return err
	}
	_, err = w.tx.Exec(ctx, saveRows, rowIDs, tables, workspaces, positions, created, updated, gone, names, keys, tags, states, providers, docs, words)
	return err
}
