package enrichmentapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

type addColumnIn struct {
	httpapi.InWorkspace
	TableID kernel.TableID `path:"tableId"`
	Body    struct {
		Name    string            `json:"name"`
		Type    table.Type        `json:"type" doc:"What the answers are."`
		Options []table.Option    `json:"options,omitempty"`
		After   kernel.ColumnID   `json:"after,omitempty"`
		Config  enrichment.Config `json:"config"`
	}
}

func (s service) addColumn(ctx context.Context, meta kernel.Meta, in *addColumnIn) (commands.Result[table.Column], error) {
	b := in.Body
	return s.Handlers.AddColumn(ctx, meta, enrichmentcmd.AddColumn{
		Workspace: meta.Workspace, Table: in.TableID, Name: b.Name, Type: b.Type, Options: b.Options, After: b.After, Config: b.Config,
	})
}

type configureIn struct {
	httpapi.InWorkspace
	TableID  kernel.TableID  `path:"tableId"`
	ColumnID kernel.ColumnID `path:"columnId"`
	Body     struct {
		Config enrichment.Config `json:"config"`
	}
}

func (s service) configure(ctx context.Context, meta kernel.Meta, in *configureIn) (commands.Result[table.Column], error) {
	return s.Handlers.Configure(ctx, meta, enrichmentcmd.Configure{Workspace: meta.Workspace, Table: in.TableID, Column: in.ColumnID, Config: in.Body.Config})
}

type previewColumnIn struct {
	httpapi.InWorkspace
	TableID kernel.TableID `path:"tableId"`
	Body    struct {
		Config   enrichment.Config `json:"config"`
		RowID    kernel.RowID      `json:"row_id"`
		CallPaid bool              `json:"call_paid,omitempty" doc:"Ask providers that have a price too, and pay for their answer."`
	}
}

func (s service) preview(ctx context.Context, meta kernel.Meta, in *previewColumnIn) (commands.Result[enrichmentcmd.PreviewAnswer], error) {
	return s.Handlers.Preview(ctx, meta, enrichmentcmd.Preview{Workspace: meta.Workspace, Table: in.TableID, Row: in.Body.RowID, Config: in.Body.Config, CallPaid: in.Body.CallPaid})
}
