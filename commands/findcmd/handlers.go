package findcmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/find"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Searches knows the providers' searches; *enrichment.Registry is one.
type Searches interface {
	Searcher(slug string) (enrichment.Searcher, bool)
	Kind(name string) (enrichment.CredentialKind, bool)
}

// Credentials says what a credential is for.
type Credentials interface {
	Provider(ctx context.Context, ws kernel.WorkspaceID, id kernel.CredentialID) (string, error)
}

// Secrets opens credentials. It answers a kernel.KindNotFound error for one that is not there.
type Secrets interface {
	Open(ctx context.Context, ws kernel.WorkspaceID, id kernel.CredentialID) (secret map[string]string, hosts []string, err error)
}

// Config is what the commands need.
type Config struct {
	Store       eventstore.Store
	Codec       *eventstore.Codec
	IDs         *kernel.IDs
	Clock       kernel.Clock
	Searches    Searches
	Credentials Credentials
	Secrets     Secrets
	Quotas      Quotas
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Store == nil || c.Codec == nil || c.IDs == nil || c.Clock == nil || c.Searches == nil || c.Credentials == nil || c.Secrets == nil ||
		c.Quotas == nil {
		return errors.New("the find commands need a store, a codec, ids, a clock, searches, credentials, secrets and quotas")
	}
	return nil
}

// Handlers carries out the commands.
type Handlers struct {
	cfg     Config
	sources *eventstore.Repo[*find.Source]
	runs    *eventstore.Repo[*find.Run]
	tables  *eventstore.Repo[*table.Table]
}

// New makes the handlers.
func New(cfg Config) (*Handlers, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Handlers{
		cfg:     cfg,
		sources: eventstore.NewRepo(find.SourceStream, cfg.Store, cfg.Codec, find.NewSource),
		runs:    eventstore.NewRepo(find.RunStream, cfg.Store, cfg.Codec, find.NewRun),
		tables:  eventstore.NewRepo(table.StructureStream, cfg.Store, cfg.Codec, table.Blank),
	}, nil
}

// Saved is the answer to a Save.
type Saved struct {
	ID kernel.SourceID `json:"id"`
	find.Definition
}

// Save keeps a source; ID is that of the one to be changed, empty for a new one.
type Save struct {
	ID         kernel.SourceID
	Definition find.Definition
}

// Save carries out a Save.
func (h *Handlers) Save(ctx context.Context, meta kernel.Meta, c Save) (commands.Result[Saved], error) {
	var none commands.Result[Saved]
	if _, err := h.check(ctx, meta.Workspace, c.Definition); err != nil {
		return none, err
	}
	id, fresh := c.ID, c.ID == ""
	if fresh {
		id = kernel.SourceID(h.cfg.IDs.New(kernel.PrefixSource))
	}
	out := Saved{id, c.Definition}
	done, err := h.sources.Update(ctx, meta.As("find.save"), string(id), func(s *find.Source) (any, error) {
		if !fresh && !s.In(meta.Workspace) {
			return nil, kernel.NotFound("source", string(id))
		}
		return out, s.Save(id, meta.Workspace, c.Definition, h.cfg.Clock.Now())
	})
	if err != nil {
		return none, err
	}
	return commands.Reply(done, out)
}

// Nothing is the answer of a command that has none.
type Nothing struct{}

// Delete ends a source.
func (h *Handlers) Delete(ctx context.Context, meta kernel.Meta, id kernel.SourceID) (commands.Result[Nothing], error) {
	done, err := h.sources.Update(ctx, meta.As("find.delete"), string(id), func(s *find.Source) (any, error) {
		if !s.In(meta.Workspace) {
			return nil, kernel.NotFound("source", string(id))
		}
		return Nothing{}, s.Delete()
	})
	if err != nil {
		return commands.Result[Nothing]{}, err
	}
	return commands.Reply(done, Nothing{})
}

// Started is the answer to a Start.
type Started struct {
	ID kernel.FindID `json:"id"`
}

// Start begins a run of a source.
func (h *Handlers) Start(ctx context.Context, meta kernel.Meta, id kernel.SourceID) (commands.Result[Started], error) {
	var none commands.Result[Started]
	d, err := h.Definition(ctx, meta.Workspace, id)
	if err != nil {
		return none, err
	}
	search, err := h.check(ctx, meta.Workspace, d)
	if err != nil {
		return none, err
	}
	e := find.Started{
		FindID: kernel.FindID(h.cfg.IDs.New(kernel.PrefixFind)), SourceID: id, Workspace: meta.Workspace, Definition: d,
		PageSize: search.PageSize, PageCredits: search.PageCredits, By: meta.Actor.User(), At: h.cfg.Clock.Now(),
	}
	done, err := h.runs.Update(ctx, meta.As("find.start"), string(e.FindID), func(r *find.Run) (any, error) {
		return Started{e.FindID}, r.Begin(e)
	})
	if err != nil {
		return none, err
	}
	return commands.Reply(done, Started{e.FindID})
}

// Cancel asks a run for no further page. What it has found is taken over.
func (h *Handlers) Cancel(ctx context.Context, meta kernel.Meta, id kernel.FindID) (commands.Result[Nothing], error) {
	done, err := h.runs.Update(ctx, meta.As("find.cancel"), string(id), func(r *find.Run) (any, error) {
		if !r.In(meta.Workspace) {
			return nil, kernel.NotFound("run", string(id))
		}
		return Nothing{}, r.Cancel()
	})
	if err != nil {
		return commands.Result[Nothing]{}, err
	}
	return commands.Reply(done, Nothing{})
}

// Definition is what a source of the workspace looks for.
func (h *Handlers) Definition(ctx context.Context, ws kernel.WorkspaceID, id kernel.SourceID) (find.Definition, error) {
	s, _, err := h.sources.Load(ctx, string(id))
	if err != nil {
		return find.Definition{}, err
	}
	if !s.In(ws) {
		return find.Definition{}, kernel.NotFound("source", string(id))
	}
	return s.Definition(), nil
}

// TableOf is the table that a run of the workspace fills.
func (h *Handlers) TableOf(ctx context.Context, ws kernel.WorkspaceID, id kernel.FindID) (kernel.TableID, error) {
	r, _, err := h.runs.Load(ctx, string(id))
	if err != nil {
		return "", err
	}
	if !r.In(ws) {
		return "", kernel.NotFound("run", string(id))
	}
	return r.Started().Definition.TableID, nil
}

// check says what is wrong with a definition.
func (h *Handlers) check(ctx context.Context, ws kernel.WorkspaceID, d find.Definition) (enrichment.Search, error) {
	if err := d.Validate(); err != nil {
		return enrichment.Search{}, err
	}
	search, err := h.search(ctx, ws, d.Search, d.CredentialID, d.Filters)
	if err != nil {
		return search, err
	}
	if d.MaxRows > search.MaxRows {
		return search, kernel.Invalid("max_rows", "%s shows at most %d results of a search", search.Name, search.MaxRows)
	}
	if search.PageCredits > d.MaxCredits {
		return search, kernel.Invalid("max_credits", "must be at least %d, which one page costs on the vendor's plan", search.PageCredits)
	}
	tbl, _, err := h.tables.Load(ctx, string(d.TableID))
	if err != nil {
		return search, err
	}
	if tbl.In(ws, d.TableID) != nil {
		return search, kernel.Invalid("table_id", "there is no table %s", d.TableID)
	}
	for i, t := range d.Targets {
		at := fmt.Sprintf("targets[%d]", i)
		if _, ok := enrichment.FieldOf(search.Fields, t.Field); !ok {
			return search, kernel.Invalid(at, "%s has no field %q", search.Name, kernel.Shorten(t.Field))
		}
		c, err := tbl.Live(t.ColumnID)
		if err != nil {
			return search, kernel.Invalid(at, "the table has no column %q", kernel.Shorten(string(t.ColumnID)))
		}
		if !c.Writable() {
			return search, kernel.Invalid(at, "%s %s", c.Name, c.Refusal())
		}
	}
	return search, nil
}

// search is the search with the slug, if the credential is one for it and the filters are its own.
func (h *Handlers) search(
	ctx context.Context, ws kernel.WorkspaceID, slug string, id kernel.CredentialID, filters map[string][]string,
) (enrichment.Search, error) {
	s, ok := h.cfg.Searches.Searcher(slug)
	if !ok {
		return enrichment.Search{}, kernel.Invalid("search", "there is no search %q", kernel.Shorten(slug))
	}
	search := s.DescribeSearch()
	if err := search.CheckFilters(filters); err != nil {
		return search, err
	}
	provider, err := h.cfg.Credentials.Provider(ctx, ws, id)
	if kernel.KindOf(err) == kernel.KindNotFound {
		return search, kernel.Invalid("credential_id", "there is no credential %s", kernel.Shorten(string(id)))
	}
	if err != nil {
		return search, err
	}
	if kind, ok := h.cfg.Searches.Kind(provider); !ok || kind.Kind != search.Credential.Kind {
		return search, kernel.Invalid("credential_id", "the credential is not one for %s", search.Credential.Name)
	}
	return search, nil
}

// Preview asks what a search would find and cost.
type Preview struct {
	Search       string
	CredentialID kernel.CredentialID
	Filters      map[string][]string
	MaxRows      int
}

// Previewed is the answer to it.
type Previewed struct {
	Pages   int   `json:"pages" doc:"That a run would ask for at most."`
	Credits int   `json:"credits" doc:"That they would cost on the vendor's plan at most."`
	Looked  bool  `json:"looked" doc:"The search was asked. A search that costs is not: total and rows are not known."`
	Total   int64 `json:"total" doc:"Results in all."`
	// Rows are the first results.
	Rows []map[string]any `json:"rows"`
}

const previewRows = 10

// Preview carries out a Preview. Nothing is spent: only a search that is free is asked.
func (h *Handlers) Preview(ctx context.Context, ws kernel.WorkspaceID, c Preview) (Previewed, error) {
	out := Previewed{Rows: []map[string]any{}}
	probe := find.Definition{Filters: c.Filters}
	if err := probe.CheckFilters(); err != nil {
		return out, err
	}
	search, err := h.search(ctx, ws, c.Search, c.CredentialID, c.Filters)
	if err != nil {
		return out, err
	}
	if c.MaxRows < 1 || c.MaxRows > search.MaxRows {
		return out, kernel.Invalid("max_rows", "must be 1 to %d", search.MaxRows)
	}
	rows := int64(c.MaxRows)
	if search.PageCredits == 0 {
		page, err := h.look(ctx, ws, search, c)
		if err != nil {
			return out, err
		}
		out.Looked, out.Total = true, page.Total
		out.Rows = append(out.Rows, page.Rows[:min(len(page.Rows), previewRows)]...)
		if page.Total > 0 {
			rows = min(rows, page.Total)
		} else {
			rows = min(rows, int64(len(page.Rows)))
		}
	}
	out.Pages = int((rows + int64(search.PageSize) - 1) / int64(search.PageSize))
	out.Credits = out.Pages * search.PageCredits
	return out, nil
}

// look asks for the first few results.
func (h *Handlers) look(ctx context.Context, ws kernel.WorkspaceID, search enrichment.Search, c Preview) (enrichment.SearchPage, error) {
	req, err := h.prepare(ctx, ws, search, c.CredentialID, enrichment.SearchRequest{Filters: c.Filters, Page: 1, PerPage: previewRows})
	var page enrichment.SearchPage
	if err == nil {
		page, err = h.ask(ctx, search.Slug, req)
	}
	if ce := (*enrichment.CallError)(nil); errors.As(err, &ce) {
		err = kernel.E(kernel.KindConflict, "SEARCH_FAILED", "%s", ce.Message).Because(ce)
	}
	return page, err
}

// prepare waits for the call's turn and opens its credential. What stands in its way for good, or a limit that is used up, is a
// *enrichment.CallError.
func (h *Handlers) prepare(
	ctx context.Context, ws kernel.WorkspaceID, search enrichment.Search, id kernel.CredentialID, req enrichment.SearchRequest,
) (enrichment.SearchRequest, error) {
	if err := h.turn(ctx, ws, search, id); err != nil {
		return req, err
	}
	secret, hosts, err := h.cfg.Secrets.Open(ctx, ws, id)
	if kernel.KindOf(err) == kernel.KindNotFound {
		return req, enrichment.Fail(enrichment.CallUnauthorized, "the credential does not exist any more")
	}
	req.Secret, req.Hosts = secret, hosts
	return req, err
}

// searchWithin bounds one call. A runner's sign of life may be that far away.
const searchWithin = 20 * time.Second

// ask makes the call that was prepared.
func (h *Handlers) ask(ctx context.Context, slug string, req enrichment.SearchRequest) (enrichment.SearchPage, error) {
	s, ok := h.cfg.Searches.Searcher(slug)
	if !ok {
		return enrichment.SearchPage{}, enrichment.Fail(enrichment.CallBadInput, "there is no search "+slug+" any more")
	}
	ctx, cancel := context.WithTimeout(ctx, searchWithin)
	defer cancel()
	page, err := s.Search(ctx, req)
	if err != nil {
		return page, enrichment.AsCallError(err)
	}
	page.Rows = slices.DeleteFunc(page.Rows, func(row map[string]any) bool { return len(row) == 0 })
	return page, nil
}
