package dataopsapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/kernel"
)

type duplicateIn struct {
	httpapi.InWorkspace
	TableID kernel.TableID `path:"tableId" doc:"tbl_…"`
	Body    struct {
		Name string `json:"name"`
		Rows bool   `json:"rows,omitempty" doc:"With its rows."`
	}
}

func (s service) duplicate(ctx context.Context, meta kernel.Meta, in *duplicateIn) (commands.Result[dataopscmd.Duplicated], error) {
	return s.Handlers.DuplicateTable(ctx, meta.As("duplicate-table"), dataopscmd.DuplicateTable{
		Table: in.TableID, Name: in.Body.Name, Rows: in.Body.Rows,
	})
}
