package enrichmentapi

import (
	"context"
	"errors"
	"fmt"

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
		Name    string                    `json:"name"`
		Type    table.Type                `json:"type" doc:"What the answers are."`
		Options []table.Option            `json:"options,omitempty"`
		After   kernel.ColumnID           `json:"after,omitempty"`
		Config  enrichment.Config         `json:"config"`
		Outputs []enrichmentcmd.NewOutput `json:"new_outputs,omitempty" maxItems:"20" doc:"Columns that are made for further fields of the accepted answer. One call and one debit fill them all."`
	}
}

func (s service) addColumn(ctx context.Context, meta kernel.Meta, in *addColumnIn) (commands.Result[table.Column], error) {
	b := in.Body
	return s.Handlers.AddColumn(ctx, meta, enrichmentcmd.AddColumn{
		Workspace: meta.Workspace,
		Table:     in.TableID,
		Name:      b.Name,
		Type:      b.Type,
		Options:   b.Options,
		After:     b.After,
		Config:    b.Config,
		Outputs:   b.Outputs,
	})
}

type configureIn struct {
	httpapi.InWorkspace
	TableID  kernel.TableID  `path:"tableId"`
	ColumnID kernel.ColumnID `path:"columnId"`
	Body     struct {
		Config  enrichment.Config         `json:"config"`
		Outputs []enrichmentcmd.NewOutput `json:"new_outputs,omitempty" maxItems:"20" doc:"Columns that are made for further fields of the accepted answer."`
	}
}

func (s service) configure(ctx context.Context, meta kernel.Meta, in *configureIn) (commands.Result[table.Column], error) {
	return s.Handlers.Configure(ctx, meta, enrichmentcmd.Configure{
		Workspace: meta.Workspace,
		Table:     in.TableID,
		Column:    in.ColumnID,
		Config:    in.Body.Config,
		Outputs:   in.Body.Outputs,
	})
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
	return s.Handlers.Preview(ctx, meta, enrichmentcmd.Preview{
		Workspace: meta.Workspace,
		Table:     in.TableID,
		Row:       in.Body.RowID,
		Config:    in.Body.Config,
		CallPaid:  in.Body.CallPaid,
	})
}

type checkIn struct {
	httpapi.InWorkspace
	TableID kernel.TableID `path:"tableId"`
	Body    struct {
		Config   enrichment.Config `json:"config"`
		ColumnID kernel.ColumnID   `json:"column_id,omitempty" doc:"The column that it is for, if it is there already."`
	}
}

// CheckedEnrichment is what is wrong with a configuration.
type CheckedEnrichment struct {
	Faults []kernel.Detail `json:"faults" doc:"By field, as steps[0].condition; none when it could be saved."`
}

func (s service) check(ctx context.Context, p httpapi.Principal, in *checkIn) (CheckedEnrichment, httpapi.Meta, error) {
	ids := map[string]kernel.CredentialID{}
	for i, step := range in.Body.Config.Steps {
		at := fmt.Sprintf("config.steps[%d].", i)
		ids[at+"credential_id"] = step.CredentialID
		for use, id := range step.Further {
			ids[at+"further_credentials."+kernel.Shorten(use)] = id
		}
	}
	if err := errors.Join(
		httpapi.CheckIDs(kernel.PrefixCredential, ids),
		httpapi.CheckIDs(kernel.PrefixColumn, map[string]kernel.ColumnID{"column_id": in.Body.ColumnID}),
	); err != nil {
		return CheckedEnrichment{}, httpapi.Meta{}, err
	}
	faults, err := s.Handlers.Check(ctx, enrichmentcmd.Check{
		Workspace: p.Workspace,
		Table:     in.TableID,
		Column:    in.Body.ColumnID,
		Config:    in.Body.Config,
	})
	return CheckedEnrichment{Faults: faults}, httpapi.Meta{}, err
}
