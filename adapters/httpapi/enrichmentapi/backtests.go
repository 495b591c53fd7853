package enrichmentapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

type backtestIn struct {
	httpapi.InWorkspace
	Body struct {
		TableID  kernel.TableID    `json:"table_id"`
		ColumnID kernel.ColumnID   `json:"column_id"`
		Config   enrichment.Config `json:"config"`
		First    int64             `json:"first,omitempty" minimum:"0" doc:"At most so many rows, in the order of their making; without it up to 20,000, as far as the time suffices."`
	}
}

func backtested(_ context.Context, _ httpapi.Principal, in *backtestIn) (httpapi.Reach, error) {
	return httpapi.ReachOf(in.Body.TableID), nil
}

func (s service) backtest(ctx context.Context, meta kernel.Meta, in *backtestIn) (commands.Result[enrichmentcmd.BacktestAnswer], error) {
	b := in.Body
	out, err := s.Handlers.Backtest(ctx, enrichmentcmd.Backtest{
		Workspace: meta.Workspace,
		Table:     b.TableID,
		Column:    b.ColumnID,
		Config:    b.Config,
		First:     b.First,
	})
	return commands.Result[enrichmentcmd.BacktestAnswer]{Value: out}, err
}

func (s service) replay(ctx context.Context, meta kernel.Meta, in *configureIn) (commands.Result[Job], error) {
	return s.asJob(s.Handlers.ReplayColumn(ctx, meta, enrichmentcmd.ReplayColumn{
		Workspace: meta.Workspace, Table: in.TableID, Column: in.ColumnID, Config: in.Body.Config,
	}))
}
