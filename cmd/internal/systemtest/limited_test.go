package systemtest_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An API key that is limited to one table learns nothing of what is elsewhere in its workspace, nor in another: over every operation
// of the document no answer holds the word that is in all names and values there, and what names something there is refused.
func TestALimitedKeyLearnsNothingOfOtherTables(t *testing.T) {
	t.Parallel()
	s := sharedServer(t)
	doc, ops := describe(t, s)
	m := newMatrix(t, s, doc)
	require.Greater(t, m.told(ops), 30, "so many operations tell their owner what the key must not see")
	m.listen(ops)
	before := belongings(m.owner, ofTables(ops), m.second)
	for _, op := range ops {
		m.ask(op)
	}
	t.Logf("%d attempts on %d operations", m.tried, len(ops))
	slices.Sort(m.wrong)
	require.Empty(t, m.wrong, strings.Join(m.wrong, "\n"))
	require.Equal(t, before, belongings(m.owner, ofTables(ops), m.second), "something of the second table has changed")
}

// matrix is a key that is limited to a table, and what it must not reach.
type matrix struct {
	t     *testing.T
	doc   document
	owner *client
	robot *client
	word  string // in all that the key must not see
	own   map[string]string
	// What is not the key's: things of the second table, things of no table, and things of another workspace.
	second, loose, elsewhere map[string]string

	tried int
	wrong []string
}

func newMatrix(t *testing.T, s *server, doc document) *matrix {
	t.Helper()
	word := "kanari-" + strings.ToLower(rand.Text())
	m := &matrix{t: t, doc: doc, owner: demo(t, s), word: word} // who may grant credits
	post := func(c *client, path string, body any, headers ...string) string {
		return in[tableInfo](c, http.StatusCreated, http.MethodPost, path, body, headers...).ID
	}
	m.own, m.second = furnish(t, s, m.owner, "seen-by-the-key"), furnish(t, s, m.owner, word)
	m.elsewhere = furnish(t, s, signUp(t, s), word+"-too")
	m.loose = maps.Clone(m.second) // with an upload and a job that are of no table
	m.loose["searchId"] = post(m.owner, "/search/saved", map[string]any{"name": word + " all", "shared": true, "query": map[string]any{"q": word}})
	for name, ids := range map[string]map[string]string{"seen": m.own, word: m.second} {
		ids["jobId"] = tableJob(s, m.owner, ids, name)
		discard(m.owner, ids["tableId"], name)
	}
	m.second["importId"] = tableImport(s, m.owner, m.second, word)
	gone := post(m.owner, "/tables", map[string]any{"name": word + " thrown away"})
	m.owner.call(http.StatusOK, http.MethodDelete, m.owner.ws+"/tables/"+gone, nil)
	m.owner.call(http.StatusCreated, http.MethodPost, m.owner.ws+"/credits/grants", map[string]any{"amount_mc": 1000, "note": word})
	m.robot = &client{t: t, base: s.url, ws: m.owner.ws, token: in[struct {
		Key string `json:"key"`
	}](m.owner, http.StatusCreated, http.MethodPost, "/api-keys", map[string]any{"name": "limited", "role": "admin", "tables": []string{m.own["tableId"]}}).Key}
	m.own["importId"] = post(m.robot, "/imports?filename=own.csv&table_id="+m.own["tableId"], raw("Name\nx\n"), "Content-Type", "text/csv")
	for _, ids := range []map[string]string{m.own, m.second, m.loose, m.elsewhere} {
		ids["text"] = "kanari" // it finds the word
	}
	m.robot.at = m.owner.at
	return m
}

// tableJob asks for a column of the table and waits for the answers.
func tableJob(s *server, c *client, ids map[string]string, name string) string {
	c.t.Helper()
	step := map[string]any{"provider": "email_check", "inputs": map[string]any{"email": map[string]any{"column": ids["columnId"]}}, "output": "email"}
	asked := in[column](c, http.StatusCreated, http.MethodPost, "/tables/"+ids["tableId"]+"/enrichment-columns", map[string]any{
		"name": name + " checked", "type": "text", "config": map[string]any{"steps": []any{step}},
	})
	return finishedJob(s, c, map[string]any{"table_id": ids["tableId"], "columns": []string{asked.ID}})
}

// tableImport imports a file into the table; one of its records can't be read.
func tableImport(s *server, c *client, ids map[string]string, name string) string {
	c.t.Helper()
	age := c.table(ids["tableId"]).column("Age")
	i := &importing{c: c, s: s, id: in[importInfo](c, http.StatusCreated, http.MethodPost, "/imports?filename=into-"+name+".csv", raw("Name,Age\nx,1\nx,"+name+"\n"), "Content-Type", "text/csv").ID}
	i.commit = map[string]any{"table_id": ids["tableId"], "header": true, "mapping": []any{map[string]any{"index": 0, "column_id": ids["columnId"]}, map[string]any{"index": 1, "column_id": age}}}
	i.answered = i.repeat()
	i.await("the import has ended", func(n importInfo) bool { return n.State == "completed" || n.State == "partially_completed" })
	return i.id
}

// discard leaves a row and a column in the trash of the table.
func discard(c *client, table, name string) {
	c.t.Helper()
	col := in[column](c, http.StatusCreated, http.MethodPost, "/tables/"+table+"/columns", map[string]any{"name": name + " discarded", "type": "text"}).ID
	batch := func(op map[string]any) string {
		return in[struct {
			Results []struct {
				RowID string `json:"row_id"`
			} `json:"results"`
		}](c, http.StatusOK, http.MethodPost, "/tables/"+table+"/rows:batch", map[string]any{"operations": []any{op}}).Results[0].RowID
	}
	row := batch(map[string]any{"op": "insert", "cells": map[string]any{col: name, "Name": name}})
	batch(map[string]any{"op": "delete", "row_id": row})
	c.call(http.StatusOK, http.MethodDelete, c.ws+"/tables/"+table+"/columns/"+col, nil)
}

// ofTables are the operations that are about one table or one thing.
func ofTables(ops []*operation) []*operation {
	return slices.DeleteFunc(slices.Clone(ops), func(o *operation) bool { return len(o.pathParams()) < 2 || o.wholeWorkspace() })
}

// told counts the operations that tell the owner of the second table the word: those that could tell it to the key.
func (m *matrix) told(ops []*operation) int {
	n := 0
	for _, op := range ops {
		if op.method != http.MethodGet || op.onlyStreams() {
			continue
		}
		r, err := m.owner.try(m.t.Context(), op.method, op.fill(m.second), nil)
		require.NoError(m.t, err)
		if m.tells(r.Raw, false) != "" {
			n++
		}
	}
	return n
}

// tells is what the text says of what the key must not see, with what is around it: the word, or an id that was not asked about.
func (m *matrix) tells(text []byte, asked bool) string {
	const around = 200
	secrets := []string{m.word}
	if !asked {
		secrets = append(secrets, m.second["tableId"], m.second["columnId"], m.second["rowId"], m.second["importId"], m.second["jobId"], m.loose["importId"], m.loose["jobId"], m.elsewhere["tableId"])
	}
	for _, secret := range secrets {
		if i := bytes.Index(text, []byte(secret)); i >= 0 {
			return string(text[max(0, i-around) : i+len(secret)])
		}
	}
	return ""
}

// wholeWorkspace reports whether the operation is of more than tables, or for people, so that the key may not call it at all.
func (o *operation) wholeWorkspace() bool {
	return slices.Contains([]string{"workspace", "workspacePerson", "person", "optionalPerson", "operator"}, o.Scope)
}

func (o *operation) streams() bool {
	_, ok := o.Responses["200"].Content["text/event-stream"]
	return ok && o.method == http.MethodGet
}

func (o *operation) onlyStreams() bool { return o.streams() && len(o.Responses["200"].Content) == 1 }

// use is a place of a request that names things by id.
type use struct {
	in, name string
	schema   *schema
	tables   bool // one of the things is a table
}

// uses are the places of the operation's requests that name things.
func (m *matrix) uses(op *operation) []use {
	var all []use
	for _, p := range op.Parameters {
		s := m.doc.deref(p.Schema)
		if p.In == "path" && s.Prefix == "" {
			require.Contains(m.t, m.own, p.Name, "%s: the test must know a %s", op.ID, p.Name)
		}
		if s.Prefix != "" {
			require.Contains(m.t, named, s.Prefix, "%s: everyResource must make one of the new kind", op.ID)
			all = append(all, use{p.In, p.Name, s, s.Prefix == "tbl"})
		}
	}
	if body := m.doc.deref(op.body()); body != nil {
		for name, s := range body.Properties {
			kinds := m.doc.holds(s, 0)
			for _, k := range kinds {
				require.Contains(m.t, named, k, "%s: everyResource must make one of the new kind", op.ID)
			}
			if len(kinds) > 0 {
				all = append(all, use{"body", name, s, slices.Contains(kinds, "tbl")})
			}
		}
	}
	slices.SortFunc(all, func(a, b use) int { return strings.Compare(a.in+a.name, b.in+b.name) })
	return all
}

// request makes a request of what the operation needs, by the key's own ids, and of the uses with their ids.
func (m *matrix) request(op *operation, theirs map[string]string, uses ...use) (path string, body any) {
	ids := maps.Clone(m.own)
	for _, u := range uses {
		if u.in == "path" {
			ids[u.name] = theirs[u.name]
		}
	}
	path = op.fill(ids)
	fit, _ := m.doc.least(op.body(), "", m.own, false).(map[string]any)
	for _, u := range uses {
		switch u.in {
		case "query":
			path = with(path, u.name+"="+url.QueryEscape(word(u.schema, u.name, theirs)))
		case "body":
			fit[u.name] = m.doc.least(u.schema, u.name, theirs, true)
		}
	}
	if op.body() == nil {
		return path, nil
	}
	return path, mustJSON(m.t, fit)
}

const itsOwn = "its own"

// ask makes the operation's requests: with the key's own ids, with each id in turn another's, and with all of them another's.
func (m *matrix) ask(op *operation) {
	uses := m.uses(op)
	var reached []int
	for i := -1; i < len(uses); i++ {
		if op.onlyStreams() || i >= 0 && uses[i].in == "path" {
			continue
		}
		with := slices.DeleteFunc(slices.Clone(uses), func(u use) bool { return i < 0 || u != uses[i] })
		path, body := m.request(op, m.own, with...)
		reached = append(reached, m.send(op, itsOwn, path, body))
	}
	if complaint := admitted(op, reached); complaint != "" {
		m.complain(op, complaint)
	}
	if op.Scope == "public" || op.Scope == "signedIn" {
		return
	}
	for what, ids := range map[string]map[string]string{"the second table": m.second, "no table": m.loose, "another workspace": m.elsewhere} {
		for _, u := range uses {
			if u.in == "path" && ids[u.name] == m.own[u.name] {
				continue
			}
			path, body := m.request(op, ids, u)
			m.refused(op, u.in == "path" || u.tables, u.name+" of "+what, path, body)
		}
		if path, body := m.request(op, ids, uses...); len(uses) > 1 {
			m.refused(op, true, "all of "+what, path, body)
		}
	}
	branch := maps.Clone(m.second) // which may stand in the place of its table
	branch["tableId"] = m.second["branchId"]
	for _, u := range uses {
		if u.in == "path" && u.name == "tableId" {
			path, body := m.request(op, branch, u)
			m.refused(op, true, "a branch of the second table", path, body)
		}
	}
}

// admitted says what is wrong with the answers to requests about what is the key's own.
func admitted(op *operation, statuses []int) string {
	barred := func(status int) bool {
		return status == http.StatusForbidden || status == http.StatusNotFound || status == http.StatusUnauthorized || status >= 500
	}
	switch {
	case op.wholeWorkspace():
		if slices.ContainsFunc(statuses, func(s int) bool { return s != http.StatusForbidden }) {
			return fmt.Sprintf("is not for a key of some tables, but answers %v", statuses)
		}
	case op.Scope == "public" || len(statuses) == 0:
	case op.ID == "unmerge-rows": // nothing of its own was merged
	case op.ID == "list-enrichment-stories": // the cell that is asked about was not in the job, so there is nothing to tell
	case !slices.ContainsFunc(statuses, func(s int) bool { return !barred(s) }):
		return fmt.Sprintf("the key is kept from its own: %v", statuses)
	case op.method == http.MethodGet && !slices.Contains(statuses, http.StatusOK):
		return fmt.Sprintf("tells nothing of what is the key's own: %v", statuses)
	}
	return ""
}

// refused makes a request that names what is not the key's. What names a table or stands in the path must be unknown; other ids
// in a body may also be refused one by one.
func (m *matrix) refused(op *operation, unknown bool, what, path string, body any) {
	switch status := m.send(op, what, path, body); {
	case status == http.StatusNotFound || status == http.StatusForbidden:
	case unknown || status >= 500:
		m.complain(op, fmt.Sprintf("with %s: %d", what, status))
	}
}

// send makes a request as the key and complains if the answer holds the word.
func (m *matrix) send(op *operation, what, path string, body any) int {
	m.tried++
	var headers []string
	if op.onlyStreams() {
		headers = []string{"Accept", "text/event-stream"}
	}
	if op.ID == "upload-import" {
		body, headers = raw("Name\nx\n"), []string{"Content-Type", "text/csv"}
	}
	r, err := m.robot.try(m.t.Context(), op.method, path, body, headers...)
	m.robot.wrote(r)
	if err != nil {
		m.complain(op, what+": "+err.Error())
	}
	if told := m.tells(r.Raw, what != itsOwn); told != "" {
		m.complain(op, fmt.Sprintf("with %s tells …%s", what, told))
	}
	return r.Status
}

func (m *matrix) complain(op *operation, what string) {
	m.wrong = append(m.wrong, fmt.Sprintf("%s (%s %s) %s", op.ID, op.method, op.path, what))
}

// listen opens each stream of events that the key may follow, has both tables changed, and looks through what came before the end
// of the change that it may see.
func (m *matrix) listen(ops []*operation) {
	m.t.Helper()
	mark := "mark-" + strings.ToLower(rand.Text())
	heard := map[*operation]<-chan string{}
	for _, op := range ops {
		if op.streams() && !op.wholeWorkspace() {
			heard[op] = m.hear(op, mark)
		}
	}
	require.GreaterOrEqual(m.t, len(heard), 2, "at least the table's stream and the change feed")
	for _, change := range []struct {
		ids  map[string]string
		name string
	}{{m.second, m.word}, {m.own, mark}} {
		table := m.owner.ws + "/tables/" + change.ids["tableId"]
		m.owner.call(http.StatusCreated, http.MethodPost, table+"/views", map[string]any{"name": change.name + " again", "shared": true})
		m.owner.call(http.StatusOK, http.MethodPut, table, map[string]any{"name": change.name + " renamed"})
		m.owner.call(http.StatusCreated, http.MethodPost, table+"/columns", map[string]any{"name": change.name + " last", "type": "text"})
		m.owner.edit(change.ids["tableId"], change.ids["rowId"], change.ids["columnId"], change.name+" last") // the feed has names, the stream values
	}
	for op, text := range heard {
		select {
		case got := <-text:
			m.tried++
			require.Contains(m.t, got, mark+" last", op.ID)
			if told := m.tells([]byte(got), false); told != "" {
				m.complain(op, "as a stream tells …"+told)
			}
		case <-time.After(doneWithin):
			m.t.Fatalf("%s does not tell of the last change", op.ID)
		}
	}
}

// hear follows a stream of what is the key's own until it tells of the last change, and gives out all that it said.
func (m *matrix) hear(op *operation, mark string) <-chan string {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), op.method, m.robot.base+op.fill(m.own), nil)
	require.NoError(m.t, err)
	req.Header.Set("Authorization", "Bearer "+m.robot.token)
	req.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(req) //nolint:bodyclose // the reader closes it
	require.NoError(m.t, err)
	require.Equal(m.t, http.StatusOK, res.StatusCode, op.ID)
	require.Contains(m.t, res.Header.Get("Content-Type"), "text/event-stream", op.ID)
	begun, said := make(chan struct{}), make(chan string, 1)
	go func() {
		defer res.Body.Close()
		var all strings.Builder
		lines := bufio.NewScanner(res.Body)
		lines.Buffer(nil, 16<<20)
		for lines.Scan() {
			if all.Len() == 0 {
				close(begun)
			}
			all.WriteString(lines.Text() + "\n")
			if strings.Contains(lines.Text(), mark+" last") {
				break
			}
		}
		said <- all.String()
	}()
	select {
	case <-begun:
	case <-time.After(doneWithin):
		m.t.Fatalf("%s does not begin", op.ID)
	}
	return said
}
