package httpapi

import (
	"context"

	"github.com/morket/morket/domain/kernel"
)

// Tables tells which of the tables the workspace doesn't have, or has in the trash.
type Tables interface {
	Unknown(ctx context.Context, ws kernel.WorkspaceID, tables []kernel.TableID) ([]kernel.TableID, error)
}

// CheckTables refuses tables that the workspace doesn't have, or has in the trash, naming the field.
func CheckTables(ctx context.Context, known Tables, ws kernel.WorkspaceID, field string, tables []kernel.TableID) error {
	for _, t := range tables {
		if err := kernel.ParseID(kernel.PrefixTable, string(t)); err != nil {
			return kernel.Invalid(field, "%s", err)
		}
	}
	unknown, err := known.Unknown(ctx, ws, tables)
	if err == nil && len(unknown) > 0 {
		err = kernel.Invalid(field, "there is no table %s in this workspace, outside the trash", unknown[0])
	}
	return err
}
