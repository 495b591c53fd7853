package httpapi

import (
	"context"
	"maps"
	"slices"

	"github.com/morket/morket/domain/kernel"
)

// Tables tells which of the tables the workspace doesn't have, or has in the trash.
type Tables interface {
	Unknown(ctx context.Context, ws kernel.WorkspaceID, tables []kernel.TableID) ([]kernel.TableID, error)
}

// CheckIDs refuses ids of a body that are none, by their fields. It is for calls that answer what is wrong with the rest of a body: an id
// is either none, which the document forbids, or of nothing that is there. An empty one is absent.
func CheckIDs[T ~string](prefix string, ids map[string]T) error {
	for _, field := range slices.Sorted(maps.Keys(ids)) {
		if id := string(ids[field]); id != "" && kernel.ParseID(prefix, id) != nil {
			return kernel.Invalid(field, "%s", kernel.ParseID(prefix, id))
		}
	}
	return nil
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
