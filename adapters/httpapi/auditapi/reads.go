package auditapi

import (
	"context"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/auditview"
)

// Lines reads the lines that the filter chooses, newest first.
type Lines interface {
	Lines(ctx context.Context, ws kernel.WorkspaceID, f auditview.Filter, fn func(auditview.Line) error) error
}
