package enrichmentcmd

import (
	"context"
	"errors"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Check is a configuration that is being written.
type Check struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Column    kernel.ColumnID // empty for one that is not there yet
	Config    enrichment.Config
}

// Check says what is wrong with a configuration, by field; nothing when it could be saved.
func (h *Handlers) Check(ctx context.Context, c Check) ([]kernel.Detail, error) {
	t, err := h.loadTable(ctx, c.Workspace, c.Table)
	if err != nil {
		return nil, err
	}
	_, err = h.normalise(ctx, c.Workspace, h.rules(t.Schema()), c.Config, c.Column)
	var fault *kernel.Error
	if errors.As(err, &fault) && fault.Kind == kernel.KindInvalid {
		return fault.Details, nil
	}
	return []kernel.Detail{}, err
}
