package tableapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/livestream"
	"github.com/morket/morket/domain/kernel"
)

type presenceIn struct {
	InTable
	Body struct {
		Window   string          `json:"window" maxLength:"64" doc:"A name that the window makes up; a person may have several windows."`
		RowID    kernel.RowID    `json:"row_id,omitempty" doc:"Of the selected cell."`
		ColumnID kernel.ColumnID `json:"column_id,omitempty" doc:"Of the selected cell."`
		Editing  bool            `json:"editing,omitempty" doc:"The cell is being edited."`
		Gone     bool            `json:"gone,omitempty" doc:"The window is closed."`
	}
}

// Told is the answer to what is kept nowhere.
type Told struct{}

func (s service) presence(ctx context.Context, p httpapi.Principal, in *presenceIn) (Told, httpapi.Meta, error) {
	info, err := s.info(ctx, p, in.TableID)
	if err != nil {
		return Told{}, httpapi.Meta{}, err
	}
	return Told{}, httpapi.Meta{}, s.Presence.Announce(livestream.Present{
		Table: info.ID, User: p.User, Window: in.Body.Window, Row: in.Body.RowID, Column: in.Body.ColumnID,
		Editing: in.Body.Editing, Gone: in.Body.Gone,
	})
}
