package enrichmentcmd

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// StartInline asks for a run over records that come with the request; nothing is put into a table. The configuration refers to the
// records' fields as columns.
type StartInline struct {
	Workspace  kernel.WorkspaceID
	Config     enrichment.Config
	Records    []map[string]json.RawMessage
	Force      bool
	MaxCredits kernel.Credits
}

const (
	maxInlineFields = 200
	recordsBytes    = 48 << 10 // of one event's records, about
)

// Validate checks the command by itself.
func (c StartInline) Validate() error {
	return kernel.Check(
		kernel.Field("inline.records", c.Records, kernel.Sized(1, enrichment.MaxInlineRecords, "give 1 to %d records",
			enrichment.MaxInlineRecords)),
		kernel.Field("max_credits_mc", c.MaxCredits, kernel.Holds(c.MaxCredits >= 0, "must not be negative")),
	)
}

// EstimateInline says what the run would cost.
func (h *Handlers) EstimateInline(ctx context.Context, meta kernel.Meta, c StartInline) (enrichment.Estimate, error) {
	p, err := h.prepareInline(ctx, meta, c)
	return p.event.Estimate, err
}

// StartInline carries out a StartInline.
func (h *Handlers) StartInline(ctx context.Context, meta kernel.Meta, c StartInline) (commands.Result[Job], error) {
	p, err := h.prepareInline(ctx, meta, c)
	if err != nil {
		return commands.Result[Job]{}, err
	}
	return h.begin(ctx, meta.As("enrichment.start"), c.Workspace, p, h.records(c.Records))
}

func (h *Handlers) prepareInline(ctx context.Context, meta kernel.Meta, c StartInline) (prepared, error) {
	if err := c.Validate(); err != nil {
		return prepared{}, err
	}
	columns, err := FieldColumns(c.Records)
	if err != nil {
		return prepared{}, err
	}
	rules := h.rules(table.Schema{})
	rules.Columns = columns
	cfg, err := h.normalise(ctx, c.Workspace, rules, c.Config, "")
	if err != nil {
		return prepared{}, err
	}
	if len(cfg.Outputs) > 0 {
		return prepared{}, kernel.Invalid("inline.config.outputs",
			"records have no columns to put further outputs into; the records' answers hold all outputs")
	}
	plans := []enrichment.Plan{{ColumnID: kernel.ColumnID(h.IDs.New(kernel.PrefixColumn)), Config: cfg}}
	p := prepared{event: enrichment.RunStarted{
		Plans: plans, Selection: enrichment.Selection{Scope: enrichment.ScopeInline, Force: c.Force}, MaxCredits: c.MaxCredits,
		By: meta.Actor.User(), At: h.Clock.Now(),
	}}
	return p, h.price(ctx, c.Workspace, &p, int64(len(c.Records)))
}

// FieldColumns are the fields of records as columns, named by themselves.
func FieldColumns(records []map[string]json.RawMessage) (enrichment.Columns, error) {
	seen := map[string]bool{}
	var out enrichment.Columns
	for i, r := range records {
		for name, value := range r {
			if n, ok := kernel.NumbersFit(value); !ok {
				return nil, kernel.Invalid(fmt.Sprintf("inline.records[%d].%s", i, kernel.Shorten(name)),
					"the number %s is too long, too large or too small to be kept; write it in quotes", n)
			}
			if seen[name] {
				continue
			}
			seen[name] = true
			if len(seen) > maxInlineFields {
				return nil, kernel.Invalid(fmt.Sprintf("inline.records[%d]", i), "the records have more than %d fields", maxInlineFields)
			}
			out = append(out, enrichment.Column{ID: kernel.ColumnID(name), Name: name})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].ID < out[j].ID })
	return out, nil
}

// records gives the records ids and cuts them into events of bounded size.
func (h *Handlers) records(in []map[string]json.RawMessage) [][]enrichment.Record {
	var out [][]enrichment.Record
	var part []enrichment.Record
	size := 0
	for _, fields := range in {
		n := 64
		for k, v := range fields {
			n += len(k) + len(v) + 8
		}
		if len(part) > 0 && size+n > recordsBytes {
			out, part, size = append(out, part), nil, 0
		}
		part = append(part, enrichment.Record{RowID: kernel.RowID(h.IDs.New(kernel.PrefixRow)), Fields: fields})
		size += n
	}
	return append(out, part)
}
