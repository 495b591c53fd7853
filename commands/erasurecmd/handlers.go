// Package erasurecmd erases what a workspace holds about a person: it looks for it, and when that is confirmed takes it out of the log
// and of every other place that keeps something.
package erasurecmd

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Config is what erasures need.
type Config struct {
	Log     Log
	Codec   *eventstore.Codec
	IDs     *kernel.IDs
	Clock   kernel.Clock
	Keys    Keys
	Grid    Grid
	Tables  Tables
	Wait    Waiter
	Backups Backups
	// Notes say what of the installation keeps something that no place can erase, and for how long.
	Notes []string
	// Places are the stores beside the log and the tables, in the order in which they are erased.
	Places []Store
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Log == nil || c.Codec == nil || c.IDs == nil || c.Clock == nil || c.Keys == nil || c.Grid == nil || c.Tables == nil ||
		c.Wait == nil || c.Backups == nil {
		return errors.New("erasures need a log, a codec, ids, a clock, keys, a grid, tables, a waiter and backups")
	}
	return nil
}

// Handlers carries out the commands of erasures, and the erasures themselves.
type Handlers struct {
	cfg    Config
	repo   *eventstore.Repo[*erasure.Erasures]
	places []Store
}

// New makes the handlers.
func New(cfg Config) (*Handlers, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Handlers{
		cfg: cfg, repo: eventstore.NewRepo(erasure.Stream, cfg.Log, cfg.Codec, erasure.NewErasures),
		places: append(cfg.inTheLog(), cfg.Places...),
	}, nil
}

// inTheLog are the places that every installation has: the tables' rows, which go by events, and the log.
func (c Config) inTheLog() []Store {
	return []Store{rowStore{c.Log, c.Codec, c.Grid, c.Wait}, logStore{c.Log, c.Keys}, answerStore{c.Log}}
}

// InTheLog are the names of the places that erasures have by themselves.
func InTheLog() (out []string) {
	for _, p := range (Config{}).inTheLog() {
		out = append(out, p.Place())
	}
	return out
}

// Person is a name with its company.
type Person struct {
	Name    string `json:"name" minLength:"1" maxLength:"400"`
	Company string `json:"company" minLength:"1" maxLength:"400"`
}

// Request asks what there is about a person.
type Request struct {
	Emails []string
	Phones []string
	People []Person
	Rows   []erasure.Rows
}

// Validate checks the request by itself.
func (r Request) Validate() error {
	named := len(r.Emails) + len(r.Phones) + len(r.People)
	rows := 0
	for _, t := range r.Rows {
		rows += len(t.Rows)
		if kernel.ParseID(kernel.PrefixTable, string(t.TableID)) != nil {
			return kernel.Invalid("rows", "%q is no table's id", kernel.Shorten(string(t.TableID)))
		}
		for _, id := range t.Rows {
			if kernel.ParseID(kernel.PrefixRow, string(id)) != nil {
				return kernel.Invalid("rows", "%q is no row's id", kernel.Shorten(string(id)))
			}
		}
	}
	switch {
	case named+rows == 0:
		return kernel.Invalid("emails", "say whom it is about: an email address, a phone number, a name with its company, or rows")
	case named > erasure.MaxKeys:
		return kernel.Invalid("emails", "at most %d addresses, numbers and names can be looked for at once", erasure.MaxKeys)
	case rows > erasure.MaxRows:
		return kernel.Invalid("rows", "at most %d rows can be erased at once", erasure.MaxRows)
	}
	return nil
}

// Request begins an erasure: what there is about the person is looked for, and nothing is changed.
func (h *Handlers) Request(ctx context.Context, meta kernel.Meta, r Request) (commands.Result[erasure.Erasure], error) {
	var none commands.Result[erasure.Erasure]
	if err := r.Validate(); err != nil {
		return none, err
	}
	hash, err := h.hash(ctx, meta.Workspace)
	if err != nil {
		return none, err
	}
	e := erasure.Requested{Workspace: meta.Workspace, Rows: r.Rows, By: meta.Actor.User(), At: h.cfg.Clock.Now()}
	for _, of := range []struct {
		kind   erasure.Kind
		field  string
		values []string
		form   string
	}{{erasure.Email, "emails", r.Emails, "an email address"}, {erasure.Phone, "phones", r.Phones, "a phone number with at least 7 digits"}} {
		for i, v := range of.values {
			k := hash.Keyed(of.kind, v)
			if k == "" {
				return none, kernel.Invalid(fmt.Sprintf("%s[%d]", of.field, i), "this is not %s", of.form)
			}
			e.Keys = append(e.Keys, k)
		}
	}
	for i, p := range r.People {
		named := erasure.Person{Name: hash.Keyed(erasure.Name, p.Name), Company: hash.Keyed(erasure.Company, p.Company)}
		if named.Name == "" || named.Company == "" {
			return none, kernel.Invalid(fmt.Sprintf("people[%d]", i), "a person is looked for by a name together with a company")
		}
		e.People = append(e.People, named)
	}
	e.ErasureID = kernel.ErasureID(h.cfg.IDs.New(kernel.PrefixErasure))
	return h.update(ctx, meta, e.ErasureID, func(x *erasure.Erasures) error { return x.Request(e) })
}

// Confirm has what was found erased.
func (h *Handlers) Confirm(ctx context.Context, meta kernel.Meta, id kernel.ErasureID) (commands.Result[erasure.Erasure], error) {
	return h.update(ctx, meta, id, func(x *erasure.Erasures) error { return x.Confirm(id, meta.Actor.User(), h.cfg.Clock.Now()) })
}

// Cancel ends an erasure that nobody has confirmed.
func (h *Handlers) Cancel(ctx context.Context, meta kernel.Meta, id kernel.ErasureID) (commands.Result[erasure.Erasure], error) {
	return h.update(ctx, meta, id, func(x *erasure.Erasures) error { return x.Cancel(id, h.cfg.Clock.Now()) })
}

func (h *Handlers) update(
	ctx context.Context, meta kernel.Meta, id kernel.ErasureID, fn func(*erasure.Erasures) error,
) (commands.Result[erasure.Erasure], error) {
	var after erasure.Erasure
	done, err := h.repo.Update(ctx, meta, string(meta.Workspace), func(x *erasure.Erasures) (any, error) {
		if err := fn(x); err != nil {
			return nil, err
		}
		after, _ = x.Find(id)
		return after, nil
	})
	if err != nil {
		return commands.Result[erasure.Erasure]{}, err
	}
	return commands.Reply(done, after)
}

// List tells of a workspace's erasures, the newest first.
func (h *Handlers) List(ctx context.Context, ws kernel.WorkspaceID) ([]erasure.Erasure, error) {
	x, _, err := h.repo.Load(ctx, string(ws))
	if err != nil {
		return nil, err
	}
	return x.List(), nil
}

// Find tells of one of a workspace's erasures.
func (h *Handlers) Find(ctx context.Context, ws kernel.WorkspaceID, id kernel.ErasureID) (erasure.Erasure, error) {
	x, _, err := h.repo.Load(ctx, string(ws))
	if err != nil {
		return erasure.Erasure{}, err
	}
	e, ok := x.Find(id)
	if !ok {
		return e, kernel.NotFound("erasure", string(id))
	}
	return e, nil
}

// Underway lists the erasures of a workspace that work is to be done for.
func (h *Handlers) Underway(ctx context.Context, ws kernel.WorkspaceID) (out []erasure.Erasure, err error) {
	all, err := h.List(ctx, ws)
	return slices.DeleteFunc(all, func(e erasure.Erasure) bool { return !e.Open() }), err
}

func (h *Handlers) hash(ctx context.Context, ws kernel.WorkspaceID) (erasure.Hash, error) {
	hash, err := h.cfg.Keys.Hash(ctx, hashSubject(ws))
	return erasure.Hash(hash), err
}
