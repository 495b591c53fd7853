package simulator_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// told is what a client knows of one of its requests.
type told struct {
	key      string
	what     string
	done     bool  // it was told that the request was carried out
	position int64 // of the last event
	refused  bool  // it was told that it was not, and never was
	cells    map[enrichment.Cell]string
	grant    kernel.Credits
}

// furnish makes the table that everything is about, before anything breaks.
func (w *world) furnish(ctx context.Context) error {
	ids := kernel.NewIDsFrom(w, w.dice.of("ids"))
	w.table = kernel.TableID(ids.New(kernel.PrefixTable))
	tbl, err := table.New(table.Maker{IDs: ids, Clock: w}, w.table, workspace, "", "Leads", []table.Draft{
		{Name: "Question", Type: table.Text}, {Name: "Note", Type: table.Text},
	})
	if err != nil {
		return err
	}
	w.question, w.note = tbl.Schema().Columns[0].ID, tbl.Schema().Columns[1].ID
	for _, slug := range []string{"careful", "keyed"} {
		never := 0
		cfg, err := json.Marshal(enrichment.Config{CacheDays: &never, Steps: []enrichment.Step{{
			Provider: slug, Inputs: map[string]enrichment.Input{"q": {Column: w.question}}, Output: "a",
		}}})
		if err != nil {
			return err
		}
		col, err := tbl.AddColumn(table.Maker{IDs: ids, Clock: w}, table.Draft{Name: slug, Type: table.Text, Kind: table.Enrichment, Enrichment: cfg}, "", table.Step{})
		if err != nil {
			return err
		}
		w.asking = append(w.asking, col.ID)
	}
	if err := w.put(ctx, eventstore.At(eventstore.Stream(table.StructureStream, string(w.table)), eventstore.NoStream, tbl.Pending()...)); err != nil {
		return err
	}
	return w.furnishRows(ctx, ids)
}

func (w *world) furnishRows(ctx context.Context, ids *kernel.IDs) error {
	c := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for i := range w.profile.rows {
		row := kernel.RowID(ids.New(kernel.PrefixRow))
		w.rows = append(w.rows, row)
		c.Rows = append(c.Rows, row)
		c.Cols[w.question] = append(c.Cols[w.question], text("q%d", i))
	}
	err := w.put(ctx, eventstore.At(eventstore.Stream(table.CellStream, string(w.table)), eventstore.NoStream, table.RowsInserted{TableID: w.table, Chunk: c, Source: table.FromInsert}))
	if err != nil {
		return err
	}
	_, err = creditcmd.NewLedger(w.log, w.codec, w.keys).Commit(ctx, meta("begin"), workspace, nil, func(a *credit.Account) error {
		return a.Grant(credit.KindGrant, 1_000_000, "begin", time.Now())
	})
	w.told = append(w.told, told{key: "begin", what: "grant", done: true, grant: 1_000_000})
	return err
}

func (w *world) put(ctx context.Context, changes ...eventstore.Change) error {
	req, err := w.codec.Append(meta(""), nil, changes...)
	if err == nil {
		_, err = w.log.Append(ctx, req)
	}
	return err
}

func text(format string, args ...any) json.RawMessage {
	b, err := json.Marshal(fmt.Sprintf(format, args...))
	if err != nil {
		panic(err)
	}
	return b
}

func meta(key string) kernel.Meta {
	return kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: workspace, IdempotencyKey: key, Fingerprint: key}
}

// client asks for things, one after the other.
type client struct {
	w    *world
	name string
	n    int
}

// live has the clients ask for all their steps.
func (w *world) live() {
	var all sync.WaitGroup
	for i := range w.profile.clients {
		c := &client{w: w, name: fmt.Sprintf("c%d", i)}
		all.Go(func() {
			for range w.profile.steps / w.profile.clients {
				c.n++
				r := w.dice.of(c.name, strconv.Itoa(c.n))
				if !w.pause(r.within(2 * time.Second)) {
					return
				}
				c.step(r)
			}
		})
	}
	all.Wait()
}

// ask is a request: it answers the position of its last event.
type ask func(ctx context.Context, p *process, m kernel.Meta) (int64, error)

// request carries a request out, again and again under its key until it is known what became of it or the client's patience is over.
func (c *client) request(r *draw, t told, answer any, do ask) bool {
	t.key = fmt.Sprintf("%s.%d", c.name, c.n)
	sent := false
	for range 6 {
		p := c.w.worker(r)
		if p == nil {
			break
		}
		position, err := c.once(p, t.key, answer, do)
		c.w.happened(c.name, t.what, t.key, fmt.Sprint(position, err))
		if err == nil {
			t.done, t.position = true, position
			break
		}
		if definite(err) {
			t.refused = !sent
			break
		}
		sent = true
		if !c.w.pause(r.within(3 * time.Second)) {
			break
		}
	}
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.told = append(c.w.told, t)
	return t.done
}

// once is the request as one process's API takes it: what was done under the key before is the answer.
func (c *client) once(p *process, key string, answer any, do ask) (int64, error) {
	ctx, cancel := context.WithTimeout(p.ctx, 30*time.Second)
	defer cancel()
	known, found, err := p.log.Command(ctx, key)
	if err != nil {
		return 0, err
	}
	if found {
		if answer != nil {
			err = json.Unmarshal(known.Result, answer)
		}
		return known.Last, err
	}
	position, err := do(ctx, p, meta(key))
	if p.ended() {
		err = errGone
	}
	return position, err
}

// definite reports whether the error says that the request was not carried out and would not be.
func definite(err error) bool {
	if errors.Is(err, eventstore.ErrUnknownOutcome) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	switch kernel.KindOf(err) {
	case kernel.KindInternal, kernel.KindUnavailable:
		return false
	default:
		return true
	}
}

// row is one that clients know of.
func (c *client) row(r *draw) kernel.RowID {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	return pick(r, c.w.rows)
}

func (c *client) step(r *draw) {
	steps := []func(*draw){c.edit, c.edit, c.edit, c.edit, c.insert, c.insert, c.remove, c.restore, c.run, c.run, c.control, c.control, c.grant, c.load}
	pick(r, steps)(r)
}

func (c *client) edit(r *draw) {
	t := told{what: "edit", cells: map[enrichment.Cell]string{}}
	cmd := tablecmd.EditCells{Table: c.w.table}
	var since *int64
	if r.chance(0.3) {
		head, _ := c.w.log.Head(context.Background())
		since = &head
	}
	for i := range r.between(1, 3) {
		row, col := c.row(r), c.w.note
		if r.chance(0.2) {
			col = c.w.question
		}
		v := text("%s.%d.%d", c.name, c.n, i)
		if _, twice := t.cells[enrichment.Cell{Row: row, Column: col}]; twice {
			continue
		}
		t.cells[enrichment.Cell{Row: row, Column: col}] = string(v)
		cmd.Edits = append(cmd.Edits, tablecmd.CellEdit{Row: row, Column: string(col), Value: v, IfVersion: since})
	}
	c.request(r, t, nil, func(ctx context.Context, p *process, m kernel.Meta) (int64, error) {
		res, err := p.tables.EditCells(ctx, m, cmd)
		return res.Position, err
	})
}

func (c *client) insert(r *draw) {
	cmd := tablecmd.BatchRows{Table: c.w.table}
	for i := range r.between(1, 2) {
		cmd.Operations = append(cmd.Operations, tablecmd.RowOp{Op: "insert", Cells: map[string]json.RawMessage{"Question": text("q%s.%d.%d", c.name, c.n, i)}})
	}
	var made tablecmd.BatchedRows
	done := c.request(r, told{what: "insert"}, &made, func(ctx context.Context, p *process, m kernel.Meta) (int64, error) {
		res, err := p.tables.BatchRows(ctx, m, cmd)
		made = res.Value
		return res.Position, err
	})
	if done {
		c.w.mu.Lock()
		defer c.w.mu.Unlock()
		for _, one := range made.Results {
			c.w.rows = append(c.w.rows, one.RowID)
		}
	}
}

func (c *client) remove(r *draw) {
	cmd := tablecmd.BatchRows{Table: c.w.table, Operations: []tablecmd.RowOp{{Op: "delete", RowID: c.row(r)}}}
	c.request(r, told{what: "delete"}, nil, func(ctx context.Context, p *process, m kernel.Meta) (int64, error) {
		res, err := p.tables.BatchRows(ctx, m, cmd)
		return res.Position, err
	})
}

func (c *client) restore(r *draw) {
	cmd := tablecmd.RestoreRows{Table: c.w.table, Rows: []kernel.RowID{c.row(r)}}
	c.request(r, told{what: "restore"}, nil, func(ctx context.Context, p *process, m kernel.Meta) (int64, error) {
		res, err := p.tables.RestoreRows(ctx, m, cmd)
		return res.Position, err
	})
}

func (c *client) run(r *draw) {
	cmd := enrichmentcmd.Start{Workspace: workspace, Table: c.w.table, Scope: enrichment.ScopeAll, Force: true}
	switch r.upTo(3) {
	case 0:
		cmd.Columns = c.w.asking
	default:
		cmd.Columns = []kernel.ColumnID{pick(r, c.w.asking)}
	}
	if r.chance(0.7) {
		cmd.Scope = enrichment.ScopeRows
		for range r.between(1, 3) {
			cmd.Rows = append(cmd.Rows, c.row(r))
		}
	}
	if r.chance(0.1) {
		cmd.MaxCredits = price * kernel.Credits(r.between(1, 4))
	}
	var job enrichmentcmd.Job
	done := c.request(r, told{what: "run"}, &job, func(ctx context.Context, p *process, m kernel.Meta) (int64, error) {
		res, err := p.runs.Start(ctx, m, cmd)
		job = res.Value
		return res.Position, err
	})
	if done {
		c.w.mu.Lock()
		defer c.w.mu.Unlock()
		c.w.runs = append(c.w.runs, job.ID)
	}
}

func (c *client) control(r *draw) {
	c.w.mu.Lock()
	if len(c.w.runs) == 0 {
		c.w.mu.Unlock()
		c.run(r)
		return
	}
	id := c.w.runs[len(c.w.runs)-1]
	if r.chance(0.3) {
		id = pick(r, c.w.runs)
	}
	c.w.mu.Unlock()
	cmd := enrichmentcmd.Control{Workspace: workspace, Run: id, Verb: pick(r, []enrichmentcmd.Verb{
		enrichmentcmd.Pause, enrichmentcmd.Resume, enrichmentcmd.Resume, enrichmentcmd.Cancel, enrichmentcmd.Retry, enrichmentcmd.Retry,
	})}
	c.request(r, told{what: string(cmd.Verb)}, nil, func(ctx context.Context, p *process, m kernel.Meta) (int64, error) {
		res, err := p.runs.Control(ctx, m, cmd)
		return res.Position, err
	})
}

func (c *client) grant(r *draw) {
	amount := kernel.Credits(r.between(1, 5000))
	key := fmt.Sprintf("%s.%d", c.name, c.n)
	c.request(r, told{what: "grant", grant: amount}, nil, func(ctx context.Context, p *process, m kernel.Meta) (int64, error) {
		res, err := p.credits.Grant(ctx, m, creditcmd.Grant{Workspace: workspace, Amount: amount, Note: key})
		return res.Position, err
	})
}

// load imports a small file into the table, by key or not.
func (c *client) load(r *draw) {
	var body bytes.Buffer
	body.WriteString("Question,Note\n")
	for i := range r.between(1, 4) {
		fmt.Fprintf(&body, "i%s.%d.%d,n%d\n", c.name, c.n, i, r.upTo(1000))
	}
	var up dataops.Summary
	done := c.request(r, told{what: "upload"}, &up, func(ctx context.Context, p *process, m kernel.Meta) (int64, error) {
		res, err := p.imports.Upload(ctx, m, dataopscmd.Upload{Filename: "a.csv", Body: bytes.NewReader(body.Bytes()), TableID: c.w.table})
		up = res.Value
		return res.Position, err
	})
	if !done {
		return
	}
	c.n += 1000 // a request of its own
	defer func() { c.n -= 1000 }()
	cmd := dataopscmd.Commit{ImportID: up.ID, TableID: c.w.table}
	if r.chance(0.3) {
		cmd.Mode, cmd.KeyColumns = "upsert", []string{"Question"}
	}
	c.request(r, told{what: "commit"}, nil, func(ctx context.Context, p *process, m kernel.Meta) (int64, error) {
		res, err := p.imports.Commit(ctx, m, cmd)
		return res.Position, err
	})
}
