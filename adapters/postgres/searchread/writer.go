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

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/searchview"
)

var (
	//go:embed schema.sql
	schema string
	//go:embed indexes.sql
	indexes string
	//go:embed expand.sql
	expand string
)

// Model is the shape of the read model.
func Model() postgres.Model {
	return postgres.Model{Name: searchview.Name, DDL: schema, Indexes: indexes, Expand: expand}
}

// Open is for searchview.New.
func Open(tx projections.Tx) (searchview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t, newDelta()}, err
}

// writer writes the documents of a transaction. What they change of the counts of words and values is written once, at its end: most of
// it falls on the same few words, whose rows and index entries would be written anew with each thousand documents.
type writer struct {
	tx    *postgres.Tx
	delta *delta
}

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
	if len(b.Changes) > 0 {
		if err := w.saveRows(ctx, b.Changes); err != nil {
			return fmt.Errorf("save documents: %w", err)
		}
	}
	var q pgx.Batch
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

// Finish implements searchview.Writer.
func (w writer) Finish(ctx context.Context) error {
	var q pgx.Batch
	w.delta.queue(&q)
	if q.Len() == 0 {
		return nil
	}
	if err := w.tx.SendBatch(ctx, &q).Close(); err != nil {
		return fmt.Errorf("count words and values: %w", err)
	}
	return nil
}

// What a row is found by is computed before, so that both stores find the same.
const saveRows = `INSERT INTO rows (row_id, table_id, workspace_id, position, created_at, updated_at, gone, name,
  name_key, tags, states, providers, doc, words)
SELECT v.row_id, v.table_id, v.workspace_id, v.position, v.created_at, v.updated_at, v.gone, v.name, v.name_key, v.tags::text[],
  v.states::text[], v.providers::text[], v.doc::jsonb, v.words::tsvector
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::timestamptz[], $7::boolean[], $8::text[], $9::text[],
  $10::text[], $11::text[], $12::text[], $13::text[], $14::text[])
AS v(row_id, table_id, workspace_id, position, created_at, updated_at, gone, name, name_key, tags, states, providers, doc, words)
ON CONFLICT (row_id) DO UPDATE SET position = excluded.position, updated_at = excluded.updated_at, gone = excluded.gone,
  name = excluded.name, name_key = excluded.name_key,
  tags = excluded.tags, states = excluded.states, providers = excluded.providers, doc = excluded.doc, words = excluded.words`

// statementBytes is how much of documents goes into one statement, about: the server and we hold all of it at once.
const statementBytes = 1 << 20

// rowArrays are the arguments of saveRows, an array for each column.
type rowArrays struct {
	ids                     []kernel.RowID
	tables                  []kernel.TableID
	workspaces              []kernel.WorkspaceID
	positions               []int64
	created, updated        []time.Time
	gone                    []bool
	names, keys             []string
	tags, states, providers []string
	docs, words             []string
	bytes                   int
}

// stored is a document as it is kept: k has the words of some of its cells (see foldedCells).
type stored struct {
	*searchview.Document
	Folded map[kernel.ColumnID]string `json:"k,omitempty"`
}

func (a *rowArrays) add(c searchview.Change, words string, texts [][]searchview.Word) error {
	body, err := json.Marshal(stored{c.Document, foldedCells(c, texts)})
	if err != nil {
		return err
	}
	a.ids, a.tables, a.workspaces = append(a.ids, c.Row), append(a.tables, c.Table), append(a.workspaces, c.Workspace)
	a.positions, a.created, a.updated = append(a.positions, c.Position), append(a.created, c.CreatedAt), append(a.updated, c.UpdatedAt)
	a.gone, a.names, a.keys = append(a.gone, c.Gone), append(a.names, c.Entry.Name), append(a.keys, c.Entry.NameKey)
	a.tags, a.states = append(a.tags, arrayLiteral(c.Entry.Tags)), append(a.states, arrayLiteral(c.Entry.States))
	a.providers = append(a.providers, arrayLiteral(c.Entry.Providers))
	a.docs, a.words = append(a.docs, string(clean(body))), append(a.words, words)
	a.bytes += len(body) + len(words)
	return nil
}

func (w writer) saveRows(ctx context.Context, changes []searchview.Change) error {
	var next rowArrays
	for i, c := range changes {
		words, texts := w.delta.change(c)
		if err := next.add(c, words, texts); err != nil {
			return err
		}
		if next.bytes < statementBytes && i < len(changes)-1 {
			continue
		}
		if err := w.insert(ctx, next); err != nil {
			return err
		}
		next = rowArrays{}
	}
	return nil
}

func (w writer) insert(ctx context.Context, a rowArrays) error {
	ids, err := rowKeys(a.ids)
	if err != nil {
		return err
	}
	_, err = w.tx.Exec(ctx, saveRows, ids, a.tables, a.workspaces, a.positions, a.created, a.updated, a.gone, a.names, a.keys, a.tags,
		a.states, a.providers, a.docs, a.words)
	return err
}
