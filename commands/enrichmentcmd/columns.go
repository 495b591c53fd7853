package enrichmentcmd

import (
	"context"
	"encoding/json"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// AddColumn adds an enrichment column to a table.
type AddColumn struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Name      string
	Type      table.Type
	Options   []table.Option
	Config    enrichment.Config
	Outputs   []NewOutput // columns that are made with it, in the same step
	After     kernel.ColumnID
}

// AddColumn carries out an AddColumn.
func (h *Handlers) AddColumn(ctx context.Context, meta kernel.Meta, c AddColumn) (commands.Result[table.Column], error) {
	var col table.Column
	if _, err := h.loadTable(ctx, c.Workspace, c.Table); err != nil {
		return commands.Result[table.Column]{}, err
	}
	step := table.Step{Step: h.IDs.New("stp"), Label: "add column " + c.Name}
	done, err := h.tables.Update(ctx, meta.As("enrichment.add_column"), string(c.Table), func(t *table.Table) (any, error) {
		after := c.After
		if columns := t.Schema().Columns; after == "" && len(columns) > 0 && len(c.Outputs) > 0 {
			after = columns[len(columns)-1].ID
		}
		cfg, err := h.addOutputs(t, c.Config, c.Outputs, after, step)
		if err != nil {
			return nil, err
		}
		if cfg, err = h.normalise(ctx, c.Workspace, h.rules(t.Schema()), cfg, ""); err != nil {
			return nil, err
		}
		raw, err := json.Marshal(cfg)
		if err != nil {
			return nil, err
		}
		draft := table.Draft{Name: c.Name, Type: c.Type, Kind: table.Enrichment, Options: c.Options, Enrichment: raw}
		col, err = t.AddColumn(table.Maker{IDs: h.IDs, Clock: h.Clock}, draft, after, step)
		return &col, err
	})
	if err != nil {
		return commands.Result[table.Column]{}, err
	}
	return commands.Reply(done, col)
}

// Configure replaces the configuration of an enrichment column, or makes a data column one.
type Configure struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Column    kernel.ColumnID
	Config    enrichment.Config
	Outputs   []NewOutput // columns that are made with it, in the same step
}

// Configure carries out a Configure.
func (h *Handlers) Configure(ctx context.Context, meta kernel.Meta, c Configure) (commands.Result[table.Column], error) {
	var col table.Column
	if _, err := h.loadTable(ctx, c.Workspace, c.Table); err != nil {
		return commands.Result[table.Column]{}, err
	}
	step := table.Step{Step: h.IDs.New("stp"), Label: "change enrichment"}
	done, err := h.tables.Update(ctx, meta.As("enrichment.configure"), string(c.Table), func(t *table.Table) (any, error) {
		if _, err := t.Live(c.Column); err != nil {
			return nil, err
		}
		cfg, err := h.addOutputs(t, c.Config, c.Outputs, c.Column, step)
		if err != nil {
			return nil, err
		}
		if cfg, err = h.normalise(ctx, c.Workspace, h.rules(t.Schema()), cfg, c.Column); err != nil {
			return nil, err
		}
		col, err = h.setConfig(t, c.Column, cfg, step)
		return &col, err
	})
	if err != nil {
		return commands.Result[table.Column]{}, err
	}
	return commands.Reply(done, col)
}
