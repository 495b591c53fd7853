package crmcmd_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/morket/morket/domain/crm"
)

// memCRM is a CRM in memory. It keeps addresses of mail in small letters, as CRMs do.
type memCRM struct {
	mu      sync.Mutex
	clock   func() time.Time
	records []*crm.Record
	batch   int
	upserts bool // by email
	// before is asked before each call by its name; an error is the call's.
	before func(call string) error
	// after is asked when a write has been carried out, before its answer.
	after    func(call string) error
	calls    []string
	tokens   int             // made so far
	dead     map[string]bool // access tokens that hold no longer
	revoked  []string
	account  string
	failing  map[string]*crm.CallError // writes by the value of the field email
	requests int                       // that a write needs
	lags     bool                      // the list of changes gives the stale copies
	stale    map[string]crm.Record
}

func newMemCRM(clock func() time.Time) *memCRM {
	return &memCRM{clock: clock, batch: 3, upserts: true, dead: map[string]bool{}, account: "acc_1", failing: map[string]*crm.CallError{}}
}

func (m *memCRM) Describe() crm.Vendor {
	return crm.Vendor{
		Slug: "mem", Name: "MemCRM", Batch: m.batch, Limits: []crm.Limit{{Calls: 100, Window: time.Second}}, Lags: m.lags, Changes: []crm.Limit{{Calls: 5, Window: time.Second}},
		Objects: []crm.Object{{
			Slug: "contacts", Name: "Contacts",
			Keys: []crm.Key{{Field: "email", Name: "email address", Upserts: m.upserts}, {Field: "phone", Name: "phone number"}},
		}},
	}
}

func (m *memCRM) call(name string) error {
	m.mu.Lock()
	m.calls = append(m.calls, name)
	before := m.before
	m.mu.Unlock()
	if before != nil {
		return before(name)
	}
	return nil
}

func (m *memCRM) AuthorizeURL(a crm.Authorization) string {
	if a.Instance == "elsewhere.example" {
		return ""
	}
	return "https://mem.example/authorize?state=" + a.State + "&challenge=of-" + a.Verifier[:4]
}

func (m *memCRM) grant() crm.Grant {
	m.tokens++
	return crm.Grant{
		ClientID: "app", Access: fmt.Sprint("canary-access-", m.tokens), Refresh: fmt.Sprint("canary-refresh-", m.tokens),
		Expires: m.clock().Add(30 * time.Minute),
	}
}

func (m *memCRM) Exchange(_ context.Context, _ crm.Authorization, code string) (crm.Grant, error) {
	if err := m.call("exchange"); err != nil {
		return crm.Grant{}, err
	}
	if code != "good" {
		return crm.Grant{}, &crm.CallError{Kind: crm.CallDenied, Message: "MemCRM does not know the code"}
	}
	return m.grant(), nil
}

func (m *memCRM) Refresh(_ context.Context, g crm.Grant) (crm.Grant, error) {
	if err := m.call("refresh"); err != nil {
		return crm.Grant{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if g.ClientSecret != "app-secret" {
		return crm.Grant{}, &crm.CallError{Kind: crm.CallDenied, Message: "wrong secret of the app"}
	}
	return m.grant(), nil
}

func (m *memCRM) Revoke(_ context.Context, g crm.Grant) error {
	m.revoked = append(m.revoked, g.Refresh)
	return m.call("revoke")
}

func (m *memCRM) Account(context.Context, crm.Grant) (crm.Account, error) {
	return crm.Account{ID: m.account, Name: "Acme", User: "ada@acme.example"}, m.call("account")
}

func (m *memCRM) Fields(context.Context, crm.Grant, string) ([]crm.Field, error) {
	return []crm.Field{
		{Name: "email", Label: "Email", Type: crm.FieldText},
		{Name: "phone", Label: "Phone", Type: crm.FieldText},
		{Name: "name", Label: "Name", Type: crm.FieldText, MaxChars: 20},
		{Name: "size", Label: "Size", Type: crm.FieldNumber},
		{Name: "created", Label: "Created", Type: crm.FieldTime, ReadOnly: true},
	}, m.call("fields")
}

func (m *memCRM) Find(_ context.Context, g crm.Grant, _, by string, values, _ []string) ([]crm.Record, error) {
	if err := m.call("find " + by); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead[g.Access] {
		return nil, &crm.CallError{Kind: crm.CallExpired, Message: "the token holds no longer"}
	}
	var out []crm.Record
	for _, r := range m.records {
		has := r.ID
		if by != "" {
			has = r.Values[by]
		}
		if has != "" && !r.Deleted && slices.ContainsFunc(values, func(v string) bool { return strings.EqualFold(v, has) }) {
			out = append(out, clone(*r))
		}
	}
	return out, nil
}

func clone(r crm.Record) crm.Record {
	values := map[string]string{}
	for k, v := range r.Values {
		values[k] = v
	}
	r.Values = values
	return r
}

// Changed reads by (modified, id), two records a page, and the last second again.
func (m *memCRM) Changed(ctx context.Context, _ crm.Grant, _ string, _ []string, after crm.Cursor) (crm.Page, error) {
	if err := crm.Turn(ctx, true); err != nil {
		return crm.Page{}, err
	}
	if err := m.call("changed"); err != nil {
		return crm.Page{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	list := slices.Clone(m.records)
	slices.SortStableFunc(list, func(a, b *crm.Record) int { return a.Modified.Compare(b.Modified) })
	var p crm.Page
	p.Next = after
	for _, r := range list {
		if r.Modified.Before(after.Modified) || r.Modified.Equal(after.Modified) && r.ID <= after.ID {
			continue
		}
		if len(p.Records) == 2 {
			p.More = true
			return p, nil
		}
		shown, ok := m.stale[r.ID]
		if !ok {
			shown = *r
		}
		p.Records = append(p.Records, clone(shown))
		p.Next = crm.Cursor{Modified: r.Modified, ID: r.ID}
	}
	p.Next = crm.Cursor{Modified: p.Next.Modified.Add(-time.Second)}
	return p, nil
}

// edit changes a record as a person does.
func (m *memCRM) edit(r *crm.Record, field, value string) {
	r.Values[field], r.Modified = value, m.clock()
}

func (m *memCRM) Write(ctx context.Context, _ crm.Grant, _ string, writes []crm.Write) ([]crm.Written, error) {
	for range m.requests {
		if err := crm.Turn(ctx, false); err != nil {
			return nil, err
		}
	}
	if err := m.call("write"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	var out []crm.Written
	for _, w := range writes {
		out = append(out, m.write(w))
	}
	after := m.after
	m.mu.Unlock()
	if after != nil {
		if err := after("write"); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (m *memCRM) write(w crm.Write) crm.Written {
	var at *crm.Record
	for _, r := range m.records {
		if w.ID != "" && r.ID == w.ID || w.ID == "" && m.upserts && w.By == "email" && r.Values["email"] == strings.ToLower(w.Value) {
			at = r
		}
	}
	if f := m.failing[strings.ToLower(w.Values["email"])]; f != nil {
		return crm.Written{Failure: f}
	}
	created := at == nil
	switch {
	case created && w.ID != "":
		return crm.Written{ID: w.ID, Failure: &crm.CallError{Kind: crm.CallGone, Message: "gone"}}
	case created:
		at = &crm.Record{ID: fmt.Sprint("r", len(m.records)+1), Values: map[string]string{}, URL: "https://mem.example/r"}
		m.records = append(m.records, at)
	case !w.Unchanged.IsZero() && !w.Unchanged.Equal(at.Modified):
		return crm.Written{ID: w.ID, Failure: &crm.CallError{Kind: crm.CallConflicting, Message: "changed"}}
	}
	for k, v := range w.Values {
		if k == "email" {
			v = strings.ToLower(v)
		}
		at.Values[k] = v
	}
	at.Modified = m.clock()
	return crm.Written{ID: at.ID, Created: created}
}

func (m *memCRM) Archive(_ context.Context, _ crm.Grant, _ string, ids []string) ([]crm.Written, error) {
	if err := m.call("archive"); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []crm.Written
	for _, id := range ids {
		for _, r := range m.records {
			if r.ID == id {
				r.Deleted = true
			}
		}
		out = append(out, crm.Written{ID: id})
	}
	return out, nil
}

// add puts a record into the CRM.
func (m *memCRM) add(email, name, size string) *crm.Record {
	r := &crm.Record{
		ID: fmt.Sprint("r", len(m.records)+1), Values: map[string]string{"email": email, "name": name, "size": size}, Modified: m.clock(),
	}
	m.records = append(m.records, r)
	return r
}

// times is how often a call was made.
func (m *memCRM) times(call string) int {
	n := 0
	for _, c := range m.calls {
		if c == call {
			n++
		}
	}
	return n
}
