// Package smoke tries an installation from outside, as a new user would: sign up, bring a file in, enrich it, edit, export,
// search. It leaves a workspace behind.
package smoke

import (
	"context"
	"crypto/rand"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Run makes all steps against the server at the address, writes a line for each, and returns the first failure.
func Run(ctx context.Context, address string, out io.Writer) error {
	t := &trial{ctx: ctx, base: strings.TrimSuffix(address, "/"), out: out}
	for _, s := range []struct {
		name string
		do   func() error
	}{
		{"readiness", t.ready},
		{"interface and documents", t.documents},
		{"sign up", t.signUp},
		{"import", t.importFile},
		{"run", t.run},
		{"edit, twice with one key", t.edit},
		{"export", t.export},
		{"search", t.search},
		{"analytics", t.analytics},
		{"readiness", t.ready},
	} {
		began := time.Now()
		t.note = ""
		if err := s.do(); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		if _, err := fmt.Fprintf(out, "ok %6d ms  %-24s %s\n", time.Since(began).Milliseconds(), s.name, t.note); err != nil {
			return err
		}
	}
	return nil
}

// trial is what the steps know of each other.
type trial struct {
	ctx      context.Context //nolint:containedctx // of one call of Run
	base     string
	out      io.Writer
	note     string
	paths    map[string]json.RawMessage
	token    string
	ws       string
	table    string
	columns  map[string]string // ids by name
	position string            // of the last write, which reads wait for
}

const (
	records  = 200
	within   = 2 * time.Minute
	lookWait = 500 * time.Millisecond // the usual rate limits stand
)

func (t *trial) ready() error {
	var health struct {
		Ready        bool `json:"ready"`
		Dependencies map[string]struct {
			State   string `json:"state"`
			Message string `json:"message"`
		} `json:"dependencies"`
	}
	return t.until(func() (bool, error) {
		b, _, err := t.raw(http.MethodGet, "/readiness", nil)
		if err != nil {
			return false, err
		}
		if err := json.Unmarshal(b, &health); err != nil {
			return false, err
		}
		var names, bad []string
		for name, d := range health.Dependencies {
			names = append(names, name)
			if d.State != "ok" {
				bad = append(bad, name+": "+d.Message)
			}
		}
		t.note = strings.Join(names, ", ")
		if !health.Ready || len(bad) > 0 {
			return false, fmt.Errorf("not ready: %s", strings.Join(bad, "; "))
		}
		return true, nil
	})
}

func (t *trial) documents() error {
	b, _, err := t.raw(http.MethodGet, "/api/v1/openapi.json", nil)
	if err != nil {
		return err
	}
	var doc struct {
		Paths map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		return err
	}
	t.paths, t.note = doc.Paths, fmt.Sprintf("%d paths", len(doc.Paths))
	if len(doc.Paths) == 0 {
		return errors.New("the API's document is empty")
	}
	_, _, err = t.raw(http.MethodGet, "/docs", nil)
	return err
}

func (t *trial) signUp() error {
	var session struct {
		Token string `json:"access_token"`
	}
	who := map[string]string{
		"email":    "smoke-" + strings.ToLower(rand.Text()) + "@example.com",
		"password": "a smoke test " + rand.Text(),
		"name":     "Smoke",
	}
	if err := t.call(http.MethodPost, "/api/v1/auth/register", who, &session); err != nil {
		return err
	}
	t.token = session.Token
	var ws struct {
		ID string `json:"id"`
	}
	err := t.call(http.MethodPost, "/api/v1/workspaces", map[string]string{"name": "Smoke test"}, &ws)
	t.ws = "/api/v1/workspaces/" + ws.ID
	return err
}

// importing is what the steps need of the API's Import.
type importing struct {
	ID      string `json:"id"`
	State   string `json:"state"`
	TableID string `json:"table_id"`
	Error   string `json:"error"`
}

func (t *trial) importFile() error {
	var file strings.Builder
	file.WriteString("Company,City\n")
	for i := range records {
		fmt.Fprintf(&file, "Umbrella %d Holdings Ltd.,Raccoon City\n", i)
	}
	var i importing
	if err := t.call(http.MethodPost, t.ws+"/imports?filename=smoke.csv", body{"text/csv", file.String()}, &i); err != nil {
		return err
	}
	commit := map[string]any{"new_table": map[string]any{"name": "Companies"}, "header": true, "mapping": []any{
		map[string]any{"index": 0, "new_column": map[string]any{"name": "Company", "type": "text"}},
		map[string]any{"index": 1, "new_column": map[string]any{"name": "City", "type": "text"}},
	}}
	if err := t.call(http.MethodPost, t.ws+"/imports/"+i.ID+"/commit", commit, nil); err != nil {
		return err
	}
	err := t.until(func() (bool, error) {
		err := t.call(http.MethodGet, t.ws+"/imports/"+i.ID, nil, &i)
		if i.State == "failed" {
			return false, final{errors.New(i.Error)}
		}
		return i.State == "completed", err
	})
	if err != nil {
		return err
	}
	var count struct {
		Count int `json:"count"`
	}
	if err := t.call(http.MethodGet, t.ws+"/tables/"+i.TableID+"/rows:count", nil, &count); err != nil {
		return err
	}
	if count.Count != records {
		return fmt.Errorf("%d rows of %d", count.Count, records)
	}
	t.table, t.note = i.TableID, fmt.Sprintf("%d rows", count.Count)
	return t.learnColumns()
}

func (t *trial) learnColumns() error {
	var table struct {
		Columns []struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"columns"`
	}
	if err := t.call(http.MethodGet, t.ws+"/tables/"+t.table, nil, &table); err != nil {
		return err
	}
	t.columns = map[string]string{}
	for _, c := range table.Columns {
		t.columns[c.Name] = c.ID
	}
	return nil
}

func (t *trial) run() error {
	step := map[string]any{
		"provider": "company_name_normalise",
		"output":   "name",
		"inputs":   map[string]any{"company": map[string]any{"column": t.columns["Company"]}},
	}
	var column struct {
		ID string `json:"id"`
	}
	err := t.call(http.MethodPost, t.ws+"/tables/"+t.table+"/enrichment-columns",
		map[string]any{"name": "Clean", "type": "text", "config": map[string]any{"steps": []any{step}}}, &column)
	if err != nil {
		return err
	}
	var job struct {
		ID     string `json:"id"`
		State  string `json:"state"`
		Counts struct {
			Succeeded int `json:"succeeded"`
		} `json:"counts"`
	}
	if err := t.call(http.MethodPost, t.ws+"/enrichment-jobs", map[string]any{
		"table_id": t.table,
		"columns":  []string{column.ID},
	}, &job); err != nil {
		return err
	}
	err = t.until(func() (bool, error) {
		err := t.call(http.MethodGet, t.ws+"/enrichment-jobs/"+job.ID, nil, &job)
		return job.State != "pending" && job.State != "running", err
	})
	t.note = fmt.Sprintf("%s, %d answers", job.State, job.Counts.Succeeded)
	if err == nil && (job.State != "completed" || job.Counts.Succeeded != records) {
		err = errors.New(t.note)
	}
	return err
}

func (t *trial) edit() error {
	var rows []struct {
		ID    string                     `json:"id"`
		Cells map[string]json.RawMessage `json:"cells"`
	}
	path := t.ws + "/tables/" + t.table
	if err := t.call(http.MethodGet, path+"/rows?limit=1", nil, &rows); err != nil {
		return err
	}
	if len(rows) != 1 {
		return errors.New("there is no row")
	}
	key := "smoke-" + rand.Text()
	edit := map[string]any{"edits": []any{map[string]any{"row_id": rows[0].ID, "column_id": t.columns["City"], "value": "Zanzibar"}}}
	for range 2 {
		if err := t.call(http.MethodPatch, path+"/cells", edit, nil, "Idempotency-Key", key); err != nil {
			return err
		}
	}
	var history []json.RawMessage
	if err := t.call(http.MethodGet, path+"/cells/"+rows[0].ID+"/"+t.columns["City"]+"/history", nil, &history); err != nil {
		return err
	}
	if len(history) != 2 {
		return fmt.Errorf("the cell has %d values in its history, want the imported one and the edit", len(history))
	}
	return nil
}

func (t *trial) export() error {
	b, _, err := t.raw(http.MethodGet, t.ws+"/tables/"+t.table+"/export?format=csv", nil)
	if err != nil {
		return err
	}
	lines, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err == nil && len(lines) != records+1 {
		err = fmt.Errorf("%d lines", len(lines))
	}
	t.note = fmt.Sprintf("%d bytes", len(b))
	return err
}

const wPath = "/api/v1/workspaces/{workspaceId}"

func (t *trial) search() error {
	if _, there := t.paths[wPath+"/search"]; !there {
		t.note = "not in this version"
		return nil
	}
	var hits []json.RawMessage
	return t.until(func() (bool, error) {
		err := t.call(http.MethodPost, t.ws+"/search", map[string]any{"q": "Zanzibar"}, &hits)
		t.note = fmt.Sprintf("%d found", len(hits))
		return len(hits) == 1, err
	})
}

func (t *trial) analytics() error {
	const summary = "/analytics/enrichment/summary"
	if _, there := t.paths[wPath+summary]; !there {
		t.note = "not in this version"
		return nil
	}
	return t.until(func() (bool, error) {
		var sums map[string]json.RawMessage
		err := t.call(http.MethodGet, t.ws+summary, nil, &sums)
		t.note = fmt.Sprintf("%d figures", len(sums))
		return len(sums) > 0, err
	})
}
