// Package erasureapi is the API of erasing what a workspace holds about a person.
package erasureapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/erasurecmd"
	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

const tag = "privacy"

// Deps is what the endpoints need.
type Deps struct{ Handlers *erasurecmd.Handlers }

type service struct{ Deps }

// Register adds the endpoints. A key that is limited to tables has no part in them, since a person is erased from all tables.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	httpapi.Write(a, httpapi.Op{
		ID: "look-for-person", Method: http.MethodPost, Path: "W/erasures", Tag: tag,
		Summary: "Look for everything about a person, to erase it",
		Description: "Nothing is changed: get-erasure tells what was found where, and confirm-erasure erases it. What is sent here is kept as " +
			"keyed hashes only.",
		Action: workspace.ErasePeople, Status: http.StatusCreated, Scope: httpapi.WholeWorkspace, Rate: httpapi.Admin,
	}, s.look)
	httpapi.Read(a, httpapi.Op{
		ID: "list-erasures", Method: http.MethodGet, Path: "W/erasures", Tag: tag,
		Summary: "Erasures, the newest 100", Action: workspace.ErasePeople, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.list)
	httpapi.Read(a, httpapi.Op{
		ID: "get-erasure", Method: http.MethodGet, Path: "W/erasures/{erasureId}", Tag: tag,
		Summary: "What was found about a person, what was erased, and the signed certificate", Action: workspace.ErasePeople,
		Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.get)
	httpapi.Stream(a, httpapi.Op{
		ID: "export-person", Method: http.MethodGet, Path: "W/erasures/{erasureId}/export", Tag: tag,
		Summary: "Everything that is held about a person, as one JSON file",
		Description: "For a person's right of access: rows as they are now, every value that was ever kept of them and when, comments, " +
			"recorded answers, and texts of files and deliveries. It can be had between the look and the erasing; whoever only wants the " +
			"file cancels the erasure afterwards. Texts that mention the person are whole, so read them before they are given to anybody.",
		Action: workspace.ErasePeople, Scope: httpapi.WholeWorkspace, Rate: httpapi.Admin,
	}, "application/json", s.export)
	httpapi.Write(a, httpapi.Op{
		ID: "confirm-erasure", Method: http.MethodPost, Path: "W/erasures/{erasureId}/confirm", Tag: tag,
		Summary: "Erase what was found for good",
		Description: "Rows, their history, files and recorded answers; this can't be undone. From now on imports, edits and answers of " +
			"providers with the person's email addresses and phone numbers are left out.",
		Action: workspace.ErasePeople, Scope: httpapi.WholeWorkspace, Rate: httpapi.Admin,
	}, s.confirm)
	httpapi.Write(a, httpapi.Op{
		ID: "cancel-erasure", Method: http.MethodPost, Path: "W/erasures/{erasureId}/cancel", Tag: tag,
		Summary: "Leave what was found as it is", Action: workspace.ErasePeople, Scope: httpapi.WholeWorkspace, Rate: httpapi.Admin,
	}, s.cancel)
}

// TableRows are rows of a table.
type TableRows struct {
	TableID kernel.TableID `json:"table_id"`
	RowIDs  []kernel.RowID `json:"row_ids" maxItems:"1000"`
}

// Place is how much a place holds or has lost.
type Place struct {
	Place string `json:"place"`
	Count int64  `json:"count"`
}

// Erasure is what the outside sees of one.
type Erasure struct {
	ID          kernel.ErasureID `json:"id"`
	State       erasure.State    `json:"state" enum:"looking,waiting,erasing,done,cancelled,failed"`
	RequestedBy kernel.UserID    `json:"requested_by,omitempty"`
	RequestedAt time.Time        `json:"requested_at"`
	ConfirmedBy kernel.UserID    `json:"confirmed_by,omitempty"`
	ConfirmedAt *time.Time       `json:"confirmed_at,omitempty"`
	EndedAt     *time.Time       `json:"ended_at,omitempty"`
	Rows        []TableRows      `json:"rows" doc:"That are about the person. Without a table: records that came with a run's request."`
	Found       []Place          `json:"found" doc:"How much was found where, before anything was erased."`
	Erased      []Place          `json:"erased" doc:"Places that are done."`
	Certificate *Certificate     `json:"certificate,omitempty"`
	Error       string           `json:"error,omitempty"`
}

// Certificate is the signed statement of what was erased.
type Certificate struct {
	Statement erasurecmd.Statement `json:"statement"`
	Signature string               `json:"signature" doc:"A JSON Web Signature (RFC 7515, EdDSA) of the statement."`
	PublicKey string               `json:"public_key" doc:"Ed25519, base64url; the same for all certificates of the installation."`
}

func shown(e erasure.Erasure) Erasure {
	out := Erasure{
		ID: e.ID, State: e.State, RequestedBy: e.Asked.By, RequestedAt: e.Asked.At, ConfirmedBy: e.ConfirmedBy,
		Rows: []TableRows{}, Found: places(e.Looked.Found), Erased: places(e.Places), Error: e.Reason,
	}
	for _, r := range e.Rows() {
		out.Rows = append(out.Rows, TableRows{r.TableID, r.Rows})
	}
	if !e.ConfirmedAt.IsZero() {
		out.ConfirmedAt = &e.ConfirmedAt
	}
	if !e.EndedAt.IsZero() {
		out.EndedAt = &e.EndedAt
	}
	var c Certificate
	if json.Unmarshal(e.Certificate, &c) == nil {
		out.Certificate = &c
	}
	return out
}

func places(list []erasure.Found) []Place {
	out := make([]Place, len(list))
	for i, f := range list {
		out[i] = Place{f.Place, f.Count}
	}
	return out
}

type lookIn struct {
	httpapi.InWorkspace

	Body struct {
		Emails []string            `json:"emails,omitempty" maxItems:"50"`
		Phones []string            `json:"phones,omitempty" maxItems:"50" doc:"With the country's code where possible; the last 9 digits are compared."`
		People []erasurecmd.Person `json:"people,omitempty" maxItems:"50" doc:"A row is about a person when it has both the name and the company."`
		Rows   []TableRows         `json:"rows,omitempty" maxItems:"100" doc:"Rows that are about the person anyway."`
	}
}

type answer = commands.Result[Erasure]

func (s service) look(ctx context.Context, meta kernel.Meta, in *lookIn) (answer, error) {
	r := erasurecmd.Request{Emails: in.Body.Emails, Phones: in.Body.Phones, People: in.Body.People}
	for _, t := range in.Body.Rows {
		r.Rows = append(r.Rows, erasure.Rows{TableID: t.TableID, Rows: t.RowIDs})
	}
	return answered(s.Handlers.Request(ctx, meta.As("look-for-person"), r))
}

func answered(res commands.Result[erasure.Erasure], err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	return answer{Value: shown(res.Value), Position: res.Position, Replayed: res.Replayed}, nil
}

func (s service) list(ctx context.Context, p httpapi.Principal, _ *httpapi.InWorkspace) ([]Erasure, httpapi.Meta, error) {
	list, err := s.Handlers.List(ctx, p.Workspace)
	out := make([]Erasure, len(list))
	for i, e := range list {
		out[i] = shown(e)
	}
	return out, httpapi.Meta{}, err
}

// InErasure is embedded by the inputs of endpoints on one erasure.
type InErasure struct {
	httpapi.InWorkspace

	ErasureID kernel.ErasureID `path:"erasureId"`
}

func (s service) get(ctx context.Context, p httpapi.Principal, in *InErasure) (Erasure, httpapi.Meta, error) {
	e, err := s.Handlers.Find(ctx, p.Workspace, in.ErasureID)
	return shown(e), httpapi.Meta{}, err
}

func (s service) export(ctx context.Context, p httpapi.Principal, in *InErasure) (func(http.ResponseWriter) error, error) {
	e, err := s.Handlers.Subject(ctx, p.Workspace, in.ErasureID)
	if err != nil {
		return nil, err
	}
	return func(rw http.ResponseWriter) error {
		rw.Header().Set("Content-Disposition", `attachment; filename="person-`+string(e.ID)+`.json"`)
		return s.Handlers.ExportSubject(ctx, e, rw)
	}, nil
}

func (s service) confirm(ctx context.Context, meta kernel.Meta, in *InErasure) (answer, error) {
	return answered(s.Handlers.Confirm(ctx, meta.As("confirm-erasure"), in.ErasureID))
}

func (s service) cancel(ctx context.Context, meta kernel.Meta, in *InErasure) (answer, error) {
	return answered(s.Handlers.Cancel(ctx, meta.As("cancel-erasure"), in.ErasureID))
}
