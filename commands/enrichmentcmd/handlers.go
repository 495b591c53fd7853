package enrichmentcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"

	"github.com/morket/morket/commands/enrichmentcmd/condition"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Categories of the streams.
const (
	RunCategory   = "run"
	tableCategory = "table"
)

// Row is a row of a table as the read model has it.
type Row struct {
	ID     kernel.RowID
	Cells  map[kernel.ColumnID]json.RawMessage
	Failed map[kernel.ColumnID]bool // columns whose cell is in the state error
}

// RowQuery asks for rows in the order of their ids.
type RowQuery struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Columns   []kernel.ColumnID // whose cells are wanted
	Filter    json.RawMessage   // of table.ParseFilter; empty takes all
	Search    string            // text that a row must hold; empty takes all
	IDs       []kernel.RowID    // only these, if not nil
	After     kernel.RowID      // only greater ids
	Through   kernel.RowID      // only ids up to this one, if not empty
	Limit     int               // of Page
	// Position is the log position that the rows must reflect; the source waits for it.
	Position int64
}

// RowSource reads rows.
type RowSource interface {
	// Page returns the next rows, fewer than Limit only at the end.
	Page(ctx context.Context, q RowQuery) ([]Row, error)
	// Count counts the rows that the query matches, beyond Limit too.
	Count(ctx context.Context, q RowQuery) (int64, error)
	// Last returns the table's greatest row id at the position or later, empty if it has no rows.
	Last(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, position int64) (kernel.RowID, error)
}

// Ledger moves credits in the same append as what they are for; *creditcmd.Ledger is one.
type Ledger interface {
	// Commit appends what decide records on the workspace's account together with the changes. decide may be called again.
	Commit(
		ctx context.Context, meta kernel.Meta, ws kernel.WorkspaceID, result any, decide func(*credit.Account) error,
		changes ...eventstore.Change,
	) (eventstore.Appended, error)
	// Account returns the account as the log has it.
	Account(ctx context.Context, ws kernel.WorkspaceID) (*credit.Account, error)
}

// HitRates knows how providers have been doing.
type HitRates interface {
	// HitRates returns, by provider, which share of the workspace's asked records got an accepted answer. A provider without
	// a past is absent.
	HitRates(ctx context.Context, ws kernel.WorkspaceID) (map[string]float64, error)
}

// Config is what the handlers need.
type Config struct {
	Store  eventstore.Store
	Codec  *eventstore.Codec
	IDs    *kernel.IDs
	Clock  kernel.Clock
	Engine *waterfall.Engine
	Rows   RowSource
	Ledger Ledger
	Rates  HitRates
	// Recorded finds what is recorded, for back-tests and replays.
	Recorded Recorded
	// Credentials says where a credential may be sent; nil: that is checked only when it is sent.
	Credentials Credentials
}

// Credentials knows which hosts a credential may be sent to.
type Credentials interface {
	Hosts(ctx context.Context, ws kernel.WorkspaceID, id kernel.CredentialID) ([]string, error)
}

// Validate says what is missing.
func (c Config) Validate() error {
	var errs []error
	for name, missing := range map[string]bool{
		"Store": c.Store == nil, "Codec": c.Codec == nil, "IDs": c.IDs == nil, "Clock": c.Clock == nil, "Engine": c.Engine == nil,
		"Rows": c.Rows == nil, "Ledger": c.Ledger == nil, "Rates": c.Rates == nil, "Recorded": c.Recorded == nil,
	} {
		if missing {
			errs = append(errs, errors.New("enrichment commands need "+name))
		}
	}
	return errors.Join(errs...)
}

// Handlers carry out the commands.
type Handlers struct {
	Config
	tables *eventstore.Repo[*table.Table]
	runs   *eventstore.Repo[*enrichment.Run]
}

// New makes the handlers.
func New(cfg Config) (*Handlers, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Handlers{
		Config: cfg,
		tables: eventstore.NewRepo(tableCategory, cfg.Store, cfg.Codec, table.Blank),
		runs:   eventstore.NewRepo(RunCategory, cfg.Store, cfg.Codec, enrichment.NewRun),
	}, nil
}

func (h *Handlers) loadTable(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (*table.Table, error) {
	if err := kernel.ParseID(kernel.PrefixTable, string(id)); err != nil {
		return nil, kernel.NotFound("table", string(id))
	}
	t, _, err := h.tables.Load(ctx, string(id))
	if err != nil {
		return nil, err
	}
	return t, t.In(ws, id)
}

// rules are what a configuration for the table is checked against.
func (h *Handlers) rules(s table.Schema) enrichment.Rules {
	return enrichment.Rules{Catalogue: h.Engine.Registry, Expressions: condition.Checker{}, Columns: Columns(s)}
}

// normalise checks a configuration by the rules, and that its credentials may go where its steps send them.
func (h *Handlers) normalise(
	ctx context.Context, ws kernel.WorkspaceID, rules enrichment.Rules, c enrichment.Config, target kernel.ColumnID,
) (enrichment.Config, error) {
	cfg, err := rules.Normalise(c, target)
	if err != nil || h.Credentials == nil {
		return cfg, err
	}
	for i, s := range cfg.Steps {
		at := fmt.Sprintf("steps[%d].", i)
		for _, use := range append([]string{""}, slices.Sorted(maps.Keys(s.Further))...) {
			id, field := s.CredentialID, at+"credential_id"
			if use != "" {
				id, field = s.Further[use], at+"further_credentials."+use
			}
			if err := h.checkDestination(ctx, ws, s, credentialUse{use, id, field}); err != nil {
				return cfg, err
			}
		}
	}
	return cfg, nil
}

// credentialUse is a step's credential: its own where use is empty, else a further one.
type credentialUse struct {
	use   string
	id    kernel.CredentialID
	field string
}

// checkDestination says why a step's credential may not go where the step sends it.
func (h *Handlers) checkDestination(ctx context.Context, ws kernel.WorkspaceID, s enrichment.Step, c credentialUse) error {
	if c.id == "" {
		return nil
	}
	hosts, err := h.Credentials.Hosts(ctx, ws, c.id)
	if kernel.KindOf(err) == kernel.KindNotFound {
		return kernel.Invalid(c.field, "there is no credential %s", c.id)
	}
	if err != nil {
		return err
	}
	var to string
	if c.use == "" {
		to = h.Engine.Registry.Destination(s.Provider, s.Config, hosts)
	} else {
		to = h.Engine.Registry.FurtherDestination(s.Provider, c.use, s.Config, hosts)
	}
	if to == "" {
		return nil
	}
	u, err := url.Parse(to)
	if err != nil {
		return kernel.Invalid(c.field, "the step's address can't be read")
	}
	if err := credential.CheckDestination(hosts, u); err != nil {
		return kernel.Invalid(c.field, "%s", err)
	}
	return nil
}

// Columns are a table's columns as expressions see them.
func Columns(s table.Schema) enrichment.Columns {
	out := make(enrichment.Columns, len(s.Columns))
	for i, c := range s.Columns {
		out[i] = enrichment.Column{ID: c.ID, Name: c.Name, Type: string(c.Type)}
	}
	return out
}

// ConfigOf reads a column's configuration.
func ConfigOf(c table.Column) (enrichment.Config, error) {
	var cfg enrichment.Config
	if c.Kind != table.Enrichment || len(c.Enrichment) == 0 {
		return cfg, kernel.Invalid("columns", "%s is not an enrichment column", c.Name)
	}
	if err := json.Unmarshal(c.Enrichment, &cfg); err != nil {
		return cfg, fmt.Errorf("read the configuration of column %s: %w", c.ID, err)
	}
	return cfg, nil
}

// FitTable makes providers' values into cells of the table.
func FitTable(s table.Schema) waterfall.Fit {
	return func(id kernel.ColumnID, v any) (json.RawMessage, error) {
		col, ok := s.Column(id)
		if !ok {
			return nil, errors.New("the column does not exist any more")
		}
		return fitColumn(col, v)
	}
}

// fitColumn takes a value as it is where the column's type takes it, else as the text that a person would write.
func fitColumn(col table.Column, v any) (json.RawMessage, error) {
	if col.Type == table.JSON {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		out, _, err := table.Parse(col, b, false)
		return out, err
	}
	if list, ok := v.([]string); ok && col.Type == table.MultiSelect {
		b, err := json.Marshal(list)
		if err != nil {
			return nil, err
		}
		out, _, err := table.Parse(col, b, false)
		return out, err
	}
	if n, ok := v.(json.Number); ok && col.Type.Numeric() {
		out, _, err := table.Parse(col, json.RawMessage(n), false)
		return out, err
	}
	text := enrichment.Text(v)
	if _, written := v.(string); !written {
		col.Form = nil // numbers and the like are written with a decimal point always
	}
	if col.Type == table.Text || col.Type == table.LongText {
		out, _, err := table.Parse(col, table.Quote(text), false)
		return out, err
	}
	out, _, err := table.ParseText(col, text, false)
	return out, err
}
