// Package auditapi tells a team what was done: the list of activity for every member, the audit log for admins.
package auditapi

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/auditview"
)

const tag = "team"

// Names tells people's names.
type Names interface {
	Names(ctx context.Context, users []kernel.UserID) (map[kernel.UserID]string, error)
}

// Deps is what the endpoints need.
type Deps struct {
	Reads Lines
	Names Names
}

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	httpapi.Read(a, httpapi.Op{
		ID:         "list-activity",
		Method:     http.MethodGet,
		Path:       "W/team/activity",
		Tag:        tag,
		Summary:    "Who did what, newest first",
		Action:     workspace.ReadMembers,
		Projection: auditview.Name,
		Scope:      httpapi.WholeWorkspace,
		Rate:       httpapi.General,
	}, s.activity)
	httpapi.Read(a, httpapi.Op{
		ID:         "list-audit",
		Method:     http.MethodGet,
		Path:       "W/team/audit",
		Tag:        tag,
		Summary:    "The audit log, newest first",
		Action:     workspace.ReadAudit,
		Projection: auditview.Name,
		Scope:      httpapi.WholeWorkspace,
		Rate:       httpapi.General,
	}, s.audit)
	httpapi.Stream(a, httpapi.Op{
		ID:         "export-audit",
		Method:     http.MethodGet,
		Path:       "W/team/audit.csv",
		Tag:        tag,
		Summary:    "The audit log as CSV, all of it",
		Action:     workspace.ReadAudit,
		Projection: auditview.Name,
		Scope:      httpapi.WholeWorkspace,
		Rate:       httpapi.General,
	}, "text/csv; charset=utf-8", s.csv)
}

type service struct{ Deps }

// Person is the actor of an entry.
type Person struct {
	Kind kernel.ActorKind `json:"kind" doc:"user, api_key, run, import, system or operator."`
	ID   string           `json:"id,omitempty"`
	User kernel.UserID    `json:"user_id,omitempty" doc:"The person behind it."`
	Name string           `json:"name" doc:"Of the person, else what kind of actor it was."`
}

// Thing is what it was done to.
type Thing struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

// Activity is one line of the list.
type Activity struct {
	Position int64     `json:"position" doc:"Of its first event."`
	At       time.Time `json:"at"`
	Actor    Person    `json:"actor"`
	Action   string    `json:"action" doc:"For example table.renamed."`
	Thing    Thing     `json:"thing"`
	Says     string    `json:"says" doc:"What was done; {it} is the thing's place."`
	Text     string    `json:"text" doc:"The whole sentence."`
}

// Audit is one line of the audit log.
type Audit struct {
	Activity
	Before  json.RawMessage `json:"before,omitempty"`
	After   json.RawMessage `json:"after,omitempty"`
	IP      string          `json:"ip,omitempty"`
	Agent   string          `json:"user_agent,omitempty"`
	Request string          `json:"request_id,omitempty"`
}

type activityIn struct {
	httpapi.InWorkspace
	httpapi.Page
}

func (s service) activity(ctx context.Context, p httpapi.Principal, in *activityIn) ([]Activity, httpapi.Meta, error) {
	lines, meta, err := s.page(ctx, p, in.Page, auditview.Filter{Activity: true})
	if err != nil {
		return nil, meta, err
	}
	out := make([]Activity, len(lines))
	for i := range lines {
		out[i] = discreet(p.Role, lines[i].Activity)
	}
	return out, meta, nil
}

// Filter chooses lines of the audit log; inputs embed it.
type Filter struct {
	Actor  kernel.UserID `query:"actor" doc:"A person's id."`
	Action string        `query:"action" maxLength:"100" doc:"An action, or the part before its dot: table."`
	Thing  string        `query:"thing" maxLength:"100" doc:"A kind of thing: table, member, credential, …"`
	ID     string        `query:"thing_id" maxLength:"200"`
	From   time.Time     `query:"from"`
	To     time.Time     `query:"to" doc:"Exclusive."`
}

func (f Filter) filter() auditview.Filter {
	return auditview.Filter{Actor: f.Actor, Action: f.Action, Thing: f.Thing, ID: f.ID, From: f.From, To: f.To}
}

type auditIn struct {
	httpapi.InWorkspace
	httpapi.Page
	Filter
}

func (s service) audit(ctx context.Context, p httpapi.Principal, in *auditIn) ([]Audit, httpapi.Meta, error) {
	return s.page(ctx, p, in.Page, in.filter())
}

func (s service) page(ctx context.Context, p httpapi.Principal, page httpapi.Page, f auditview.Filter) ([]Audit, httpapi.Meta, error) {
	var meta httpapi.Meta
	if page.Cursor != "" {
		n, err := strconv.ParseInt(page.Cursor, 10, 64)
		if err != nil || n < 1 {
			return nil, meta, kernel.Invalid("cursor", "is not one that this endpoint gave")
		}
		f.Before = n
	}
	f.Limit = page.Limit + 1
	var lines []auditview.Line
	err := s.Reads.Lines(ctx, p.Workspace, f, func(l auditview.Line) error {
		lines = append(lines, l)
		return nil
	})
	if err != nil {
		return nil, meta, err
	}
	if len(lines) > page.Limit {
		lines = lines[:page.Limit]
		meta.NextCursor = strconv.FormatInt(lines[page.Limit-1].First, 10)
	}
	out, err := s.withNames(ctx, lines)
	return out, meta, err
}

// withNames puts names into lines.
func (s service) withNames(ctx context.Context, lines []auditview.Line) ([]Audit, error) {
	var ids []kernel.UserID
	for _, l := range lines {
		for _, id := range []kernel.UserID{l.Actor.User(), l.Person} {
			if id != "" {
				ids = append(ids, id)
			}
		}
	}
	names, err := s.Names.Names(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Audit, len(lines))
	for i, l := range lines {
		who := Person{Kind: l.Actor.Kind, ID: l.Actor.ID, User: l.Actor.User(), Name: nameOf(l.Actor, names)}
		if l.Name == "" && l.ID != "" {
			l.Says = auditview.Unnamed(l.Says, l.Thing)
		}
		says := strings.NewReplacer("{n} times", times(l.N), "{n}", strconv.FormatInt(l.N, 10), "{person}",
			cmp.Or(names[l.Person], "somebody")).Replace(l.Says)
		if l.N == 1 {
			says = strings.NewReplacer("1 cells", "1 cell", "1 rows", "1 row").Replace(says)
		}
		out[i] = Audit{
			Activity: Activity{
				Position: l.First, At: l.At, Actor: who, Action: l.Action, Thing: Thing{Kind: l.Thing, ID: l.ID, Name: l.Name}, Says: says,
				Text: who.Name + " " + strings.ReplaceAll(says, "{it}", cmp.Or(l.Name, "the workspace's data")),
			},
			Before: l.Before, After: l.After, IP: l.Client, Agent: l.Agent, Request: l.Request,
		}
	}
	return out, nil
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return strconv.FormatInt(n, 10) + " times"
}

// nameOf names the actor.
func nameOf(a kernel.Actor, names map[kernel.UserID]string) string {
	name := names[a.User()]
	switch a.Kind {
	case kernel.ActorUser:
		return cmp.Or(name, "somebody")
	case kernel.ActorAPIKey:
		return "An API key of " + cmp.Or(name, "somebody")
	case kernel.ActorRun:
		return "A run of " + cmp.Or(name, "the system")
	case kernel.ActorImport:
		return "An import of " + cmp.Or(name, "somebody")
	case kernel.ActorOperator:
		return "An operator"
	default:
		return "Morket"
	}
}

type csvIn struct {
	httpapi.InWorkspace
	Filter
}

// csvAtOnce is how many lines are named at once.
const csvAtOnce = 500

// csv streams every line that the filter chooses.
func (s service) csv(ctx context.Context, p httpapi.Principal, in *csvIn) (func(http.ResponseWriter) error, error) {
	return func(rw http.ResponseWriter) error {
		rw.Header().Set("Content-Disposition", `attachment; filename="audit.csv"`)
		w := csv.NewWriter(rw)
		if err := w.Write([]string{
			"position", "at", "actor", "actor_kind", "user_id", "action", "thing", "thing_id", "text", "before", "after",
			"ip", "user_agent", "request_id",
		}); err != nil {
			return err
		}
		var some []auditview.Line
		flush := func() error {
			told, err := s.withNames(ctx, some)
			for i := 0; i < len(told) && err == nil; i++ {
				err = w.Write(record(told[i]))
			}
			some = some[:0]
			return err
		}
		err := s.Reads.Lines(ctx, p.Workspace, in.filter(), func(l auditview.Line) error {
			if some = append(some, l); len(some) < csvAtOnce {
				return nil
			}
			return flush()
		})
		if err == nil {
			err = flush()
		}
		if err != nil {
			return err
		}
		w.Flush()
		return w.Error()
	}, nil
}

func record(a Audit) []string {
	out := []string{
		strconv.FormatInt(a.Position, 10), a.At.Format(time.RFC3339Nano), a.Actor.Name, string(a.Actor.Kind), string(a.Actor.User), a.Action,
		a.Thing.Kind, a.Thing.ID,
		a.Text, string(a.Before), string(a.After), a.IP, a.Agent, a.Request,
	}
	for i, s := range out {
		out[i] = dataops.DefuseFormula(s)
	}
	return out
}
