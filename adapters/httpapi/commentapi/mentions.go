package commentapi

import (
	"context"
	"math"
	"strconv"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/commentcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/commentview"
)

// Mention is a comment that mentions the caller.
type Mention struct {
	TableID  kernel.TableID  `json:"table_id"`
	RowID    kernel.RowID    `json:"row_id"`
	ColumnID kernel.ColumnID `json:"column_id,omitempty" doc:"Absent: it is about the row as a whole."`
	ThreadID kernel.ThreadID `json:"thread_id"`
	Resolved bool            `json:"resolved" doc:"The thread is resolved."`
	Position int64           `json:"position" doc:"Of the log, at which the comment came to mention the caller."`
	Unread   bool            `json:"unread" doc:"It is newer than what the caller has seen."`
	Comment  Comment         `json:"comment"`
}

type mentionsIn struct {
	httpapi.InWorkspace
	httpapi.Page
}

func (s service) mentions(ctx context.Context, p httpapi.Principal, in *mentionsIn) ([]Mention, httpapi.Meta, error) {
	var meta httpapi.Meta
	before := int64(math.MaxInt64)
	if in.Cursor != "" {
		var err error
		if before, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || before <= 0 {
			return nil, meta, kernel.BadCursor()
		}
	}
	list, err := s.Reads.Mentions(ctx, p.Workspace, p.User, before, in.Limit+1)
	if err != nil {
		return nil, meta, err
	}
	_, seen, err := s.Reads.Unread(ctx, p.Workspace, p.User, 0)
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(m commentview.Mention) string { return strconv.FormatInt(m.Position, 10) })
	names := named{}
	for _, m := range list {
		names.comment(m.Comment)
	}
	if err := names.find(ctx, s.Names); err != nil {
		return nil, meta, err
	}
	out := make([]Mention, len(list))
	for i, m := range list {
		out[i] = Mention{
			TableID: m.Table, RowID: m.Row, ColumnID: m.Column, ThreadID: m.Thread, Resolved: m.Resolved, Position: m.Position,
			Unread: m.Position > seen, Comment: names.shown(m.Comment, p.User),
		}
	}
	return out, meta, nil
}

// maxUnread is up to where what is unread is counted.
const maxUnread = 100

// Unread is how much the caller has not seen of what mentions them.
type Unread struct {
	Count int   `json:"count" doc:"At most 100; there may be more then."`
	Seen  int64 `json:"seen" doc:"The position of the log up to which the caller has seen them."`
}

type inWorkspace struct{ httpapi.InWorkspace }

func (s service) unread(ctx context.Context, p httpapi.Principal, _ *inWorkspace) (Unread, httpapi.Meta, error) {
	n, seen, err := s.Reads.Unread(ctx, p.Workspace, p.User, maxUnread)
	return Unread{Count: n, Seen: seen}, httpapi.Meta{}, err
}

type seeIn struct {
	httpapi.InWorkspace
	Body struct {
		Position int64 `json:"position" minimum:"0" maximum:"9007199254740991" doc:"That of the newest mention that was shown."`
	}
}

func (s service) see(ctx context.Context, meta kernel.Meta, in *seeIn) (commands.Result[commentcmd.Nothing], error) {
	return s.Handlers.See(ctx, meta, in.Body.Position)
}
