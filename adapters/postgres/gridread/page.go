package gridread

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// MaxLimit is how many rows a page has at most.
const MaxLimit = 1000

// Page reads up to limit rows from the cursor on, or from the offset-th row on.
func (g *Grid) Page(
	ctx context.Context, info gridview.Info, q gridview.Query, cursor string, offset int64, limit int,
) (gridview.Page, error) {
	p, err := g.plan(ctx, info, q)
	if err != nil {
		return gridview.Page{}, err
	}
	g.want(p)
	var at *place
	if cursor != "" {
		if at, err = parseCursor(cursor, p); err != nil {
			return gridview.Page{}, err
		}
	}
	skip := int64(0)
	if offset > 0 {
		if at, skip, err = g.seek(ctx, p, offset); err != nil {
			return gridview.Page{}, fmt.Errorf("find row %d: %w", offset, err)
		}
	}
	if p.reaches, err = g.reaches(ctx, p); err != nil {
		return gridview.Page{}, err
	}
	w := &rowWriter{plan: p, limit: limit, out: make([]byte, 0, 1024*(limit+1)/2)}
	w.out = append(w.out, '[')
	if err := g.fill(ctx, w, at, skip); err != nil {
		return gridview.Page{}, err
	}
	w.out = append(w.out, ']')
	page := gridview.Page{Rows: w.out, Count: w.rows, Position: info.Position}
	if w.more && w.last != nil {
		page.Next = w.last.cursor()
	}
	return page, nil
}

// fill reads from the place on, and over into the rows whose first sort key is empty.
func (g *Grid) fill(ctx context.Context, w *rowWriter, at *place, skip int64) error {
	first := values
	if at != nil {
		first = at.phase()
	}
	for ph := first; ph <= nulls; ph++ {
		if ph == nulls && len(w.plan.keys) == 0 {
			return nil
		}
		if w.rows >= w.limit && w.more {
			return nil
		}
		if ph > first && skip > 0 { // row offsets lie so close that a page's start is in the phase of its post, or in the next one
			counted, err := g.skippedIn(ctx, w.plan, at, first)
			if err != nil {
				return err
			}
			skip = max(0, skip-counted)
		}
		from := at
		if at != nil && at.phase() != ph {
			from = nil
		}
		if err := g.read(ctx, w, from, ph, skip); err != nil {
			return err
		}
		if w.rows > 0 {
			skip = 0
		}
	}
	return nil
}

// skippedIn counts what is left of a phase after the place.
func (g *Grid) skippedIn(ctx context.Context, p *plan, at *place, ph phase) (int64, error) {
	var a args
	from, err := p.from(&a)
	if err != nil {
		return 0, err
	}
	var n int64
	sql := fmt.Sprintf("SELECT count(*) FROM (SELECT 1 FROM %s AND %s LIMIT %d) AS rest", from, p.after(at, ph, &a), 2*offsetEvery+MaxLimit)
	if err := g.db.QueryRow(ctx, sql, a.list...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count rows before the page: %w", err)
	}
	return n, nil
}

// read adds the rows of a phase, by the first of the plan's reaches that fills the page; what the last one finds is all there is.
func (g *Grid) read(ctx context.Context, w *rowWriter, at *place, ph phase, skip int64) error {
	reaches := w.plan.reaches
	if skip > 0 { // a row offset is at most offsetEvery matching rows away: they lie in the order
		reaches = []reach{whole}
	}
	before, rare := *w, false
	for _, r := range reaches {
		if r == near && rare {
			continue
		}
		*w = before
		if err := g.readBy(ctx, r, w, at, ph, skip); err != nil || w.more {
			return err
		}
		rare = r == nearest && w.rows-before.rows < nearestHits
	}
	return nil
}

func (g *Grid) readBy(ctx context.Context, r reach, w *rowWriter, at *place, ph phase, skip int64) error {
	var a args
	sql, err := w.plan.sql(r, at, ph, window{w.limit - w.rows + 1, skip}, &a)
	if err != nil {
		return err
	}
	rows, err := g.db.Query(ctx, sql, a.list...)
	if err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		if !w.row(rows.RawValues()) {
			break
		}
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	return nil
}

// window is how many rows are read, after how many.
type window struct {
	limit int
	skip  int64
}

func (p *plan) sql(r reach, at *place, ph phase, win window, a *args) (string, error) {
	rows, err := p.rows(r, at, ph, a)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("SELECT id, _pos, _created, _updated, _s::text")
	p.columns(&b)
	for i, k := range p.keys {
		fmt.Fprintf(&b, ", %s AS k%d", asText(k.expr), i)
	}
	fmt.Fprintf(&b, " FROM %s ORDER BY %s LIMIT %d", rows, p.order(ph), win.limit)
	if win.skip > 0 {
		fmt.Fprintf(&b, " OFFSET %d", win.skip)
	}
	return b.String(), nil
}

// columns lists the cells. Each has a name of its own: a column name in ORDER BY means a result column of that name before it
// means the table's, and the results are text.
func (p *plan) columns(b *strings.Builder) {
	for i, c := range p.fields {
		expr := asText(column(c.ID))
		if sqlType(c.Type) == "" {
			expr = systemColumn(c.Type)
		}
		fmt.Fprintf(b, ", %s AS v%d", expr, i)
	}
}

// systemColumn is the expression of a column that Morket keeps.
func systemColumn(t table.Type) string {
	switch t {
	case table.CreatedBy:
		return "_cby"
	case table.UpdatedBy:
		return "_by"
	default: // times and the row id are in every row that is read
		return "''::text"
	}
}

// rowWriter writes API rows from raw column values.
type rowWriter struct {
	plan  *plan
	limit int
	rows  int
	more  bool
	last  *place
	out   []byte
}

// row appends a row; false means that the page was full already.
func (w *rowWriter) row(raw [][]byte) bool {
	if w.rows == w.limit {
		w.more = true
		return false
	}
	if w.rows > 0 {
		w.out = append(w.out, ',')
	}
	w.rows++
	w.out = appendRow(w.out, w.plan.fields, raw)
	if w.rows == w.limit {
		at := &place{Row: hex.EncodeToString(raw[0]), Of: queryKey(w.plan.query, w.plan.info.Schema)}
		for _, k := range raw[rowHead+len(w.plan.fields):] {
			if k == nil {
				at.Keys = append(at.Keys, nil)
				continue
			}
			s := string(k)
			at.Keys = append(at.Keys, &s)
		}
		w.last = at
	}
	return true
}

// rowHead is how many columns come before the cells.
const rowHead = 5

func appendRow(b []byte, fields []table.Column, raw [][]byte) []byte {
	id := kernel.RowKey(raw[0]).RowID()
	b = append(append(append(b, `{"id":"`...), id...), `","cells":{`...)
	created, updated := pgTime(raw[2]), pgTime(raw[3])
	n := 0
	for i, c := range fields {
		v := raw[rowHead+i]
		if v == nil {
			continue
		}
		if n > 0 {
			b = append(b, ',')
		}
		n++
		b = append(append(append(b, '"'), c.ID...), '"', ':')
		switch c.Type {
		case table.CreatedAt:
			b = appendTime(b, created)
		case table.UpdatedAt:
			b = appendTime(b, updated)
		case table.RowIDType:
			b = table.AppendQuoted(b, string(id))
		default:
			b = appendValue(b, c.Type, v)
		}
	}
	b = append(b, '}')
	b = appendStates(b, raw[4])
	b = append(b, `,"version":`...)
	b = strconv.AppendUint(b, binary.BigEndian.Uint64(raw[1]), 10)
	b = appendTime(append(b, `,"created_at":`...), created)
	b = appendTime(append(b, `,"updated_at":`...), updated)
	return append(b, '}')
}

// cellState is an entry of _s.
type cellState struct {
	Position int64  `json:"p"`
	State    string `json:"s"`
	Message  string `json:"e"`
	Run      string `json:"r"`
	Until    string `json:"u"` // RFC 3339
	// Of the value: its confidence, and its evidence, which is empty where there is none and nil where that is not known.
	Confidence *float64 `json:"c"`
	Evidence   *string  `json:"v"`
}

// shown is the state that readers get: what the last run left, or else that the value is a guess.
func (s cellState) shown() string {
	if s.State == "" && s.Evidence != nil && *s.Evidence == "" {
		return gridview.Unverified
	}
	return s.State
}

// evidence reads what speaks for the value; nil where that is not known.
func (s cellState) evidence() []enrichment.Evidence {
	if s.Evidence == nil {
		return nil
	}
	out := []enrichment.Evidence{}
	for by := range strings.SplitSeq(*s.Evidence, ",") {
		if by != "" {
			out = append(out, enrichment.Evidence(by))
		}
	}
	return out
}

// anyState finds out quickly that no cell of a row has a state to show, in what Postgres writes of _s.
func anyState(raw []byte) bool {
	return bytes.Contains(raw, []byte(`"s":`)) || bytes.Contains(raw, []byte(`"v": ""`))
}

func appendStates(b, raw []byte) []byte {
	if len(raw) == 0 || !anyState(raw) {
		return b
	}
	var states map[string]cellState
	if json.Unmarshal(raw, &states) != nil {
		return b
	}
	start, n := len(b), 0
	b = append(b, `,"states":{`...)
	for id, s := range states {
		state := s.shown()
		if state == "" {
			continue
		}
		if n > 0 {
			b = append(b, ',')
		}
		n++
		b = append(append(append(b, `"col_`...), strings.ToUpper(id)...), `":{"state":`...)
		b = table.AppendQuoted(b, state)
		if state == gridview.Unverified && s.Confidence != nil {
			b = strconv.AppendFloat(append(b, `,"confidence":`...), *s.Confidence, 'f', -1, 64)
		}
		if s.Message != "" {
			b = table.AppendQuoted(append(b, `,"message":`...), s.Message)
		}
		if s.Run != "" {
			b = table.AppendQuoted(append(b, `,"run_id":`...), s.Run)
		}
		if s.Until != "" {
			b = table.AppendQuoted(append(b, `,"until":`...), s.Until)
		}
		b = append(b, '}')
	}
	if n == 0 {
		return b[:start]
	}
	return append(b, '}')
}

// pgEpoch is where Postgres' binary times count from, in microseconds after 1970.
const pgEpoch = 946_684_800_000_000

func pgTime(raw []byte) time.Time {
	return time.UnixMicro(int64(binary.BigEndian.Uint64(raw)) + pgEpoch).UTC()
}

func appendTime(b []byte, t time.Time) []byte {
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// Row reads one row, or answers an error of kernel.KindNotFound.
func (g *Grid) Row(ctx context.Context, info gridview.Info, id kernel.RowID) (json.RawMessage, error) {
	key, err := id.Key()
	if err != nil {
		return nil, kernel.NotFound("row", string(id))
	}
	p, err := g.plan(ctx, info, gridview.Query{})
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString("SELECT id, _pos, _created, _updated, _s::text")
	p.columns(&b)
	fmt.Fprintf(&b, " FROM rm_grid.%s WHERE id = $1 AND %s", liveRows(info.ID), registered(info.ID))
	rows, err := g.db.Query(ctx, b.String(), [16]byte(key))
	if err != nil {
		return nil, fmt.Errorf("read row: %w", err)
	}
	out, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) ([]byte, error) {
		return appendRow(nil, p.fields, row.RawValues()), nil
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, kernel.NotFound("row", string(id))
	}
	if err != nil {
		return nil, fmt.Errorf("read row: %w", err)
	}
	return out, nil
}
