package commentapi

import (
	"context"
	"strings"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/commentcmd"
	"github.com/morket/morket/domain/comment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/commentview"
)

// Person is a person as an answer names them.
type Person struct {
	ID   kernel.UserID `json:"user_id"`
	Name string        `json:"name"`
}

// Comment is one comment of a thread.
type Comment struct {
	ID        kernel.CommentID `json:"id"`
	Author    Person           `json:"author"`
	Text      string           `json:"text" doc:"<@usr_…> names a person."`
	Mentions  []Person         `json:"mentions" doc:"The people whom the text names."`
	Erased    bool             `json:"erased,omitempty" doc:"The author's data were erased, and the text with them."`
	Mine      bool             `json:"mine" doc:"The caller may edit it."`
	CreatedAt time.Time        `json:"created_at"`
	EditedAt  *time.Time       `json:"edited_at,omitempty"`
}

// Thread is a thread of comments, oldest first.
type Thread struct {
	ID         kernel.ThreadID `json:"id"`
	RowID      kernel.RowID    `json:"row_id"`
	ColumnID   kernel.ColumnID `json:"column_id,omitempty" doc:"Absent: it is about the row as a whole."`
	Resolved   bool            `json:"resolved"`
	ResolvedBy *Person         `json:"resolved_by,omitempty"`
	ResolvedAt *time.Time      `json:"resolved_at,omitempty"`
	CreatedAt  time.Time       `json:"created_at"`
	UpdatedAt  time.Time       `json:"updated_at"`
	Comments   []Comment       `json:"comments"`
}

type listIn struct {
	InTable
	Limit  int          `query:"limit" minimum:"1" maximum:"50" default:"20"`
	Cursor string       `query:"cursor" maxLength:"100" pattern:"^[!-~]+$" doc:"meta.next_cursor of the page before"`
	RowID  kernel.RowID `query:"row" doc:"Only threads about the row or its cells."`
	State  string       `query:"state" enum:"open,resolved" doc:"Both if absent."`
}

func (s service) list(ctx context.Context, p httpapi.Principal, in *listIn) ([]Thread, httpapi.Meta, error) {
	var meta httpapi.Meta
	if in.Cursor != "" && kernel.ParseID(kernel.PrefixThread, in.Cursor) != nil {
		return nil, meta, kernel.BadCursor()
	}
	if _, err := s.Tables.Table(ctx, p.Workspace, in.TableID); err != nil {
		return nil, meta, err
	}
	var resolved *bool
	if in.State != "" {
		is := in.State == "resolved"
		resolved = &is
	}
	list, more, err := s.Reads.Threads(ctx, p.Workspace, in.TableID, in.RowID, resolved, kernel.ThreadID(in.Cursor), in.Limit)
	if err != nil {
		return nil, meta, err
	}
	if more {
		meta.NextCursor = string(list[len(list)-1].ID)
	}
	names := named{}
	for _, t := range list {
		names.add(t.ResolvedBy)
		for _, c := range t.Comments {
			names.comment(c)
		}
	}
	if err := names.find(ctx, s.Names); err != nil {
		return nil, meta, err
	}
	out := make([]Thread, len(list))
	for i, t := range list {
		out[i] = names.thread(t, p.Actor.User())
	}
	return out, meta, nil
}

// named are the people of an answer with their names.
type named map[kernel.UserID]string

func (n named) add(id kernel.UserID) {
	if id != "" {
		n[id] = ""
	}
}

func (n named) comment(c commentview.Comment) {
	n.add(c.Author)
	for _, id := range comment.Mentions(c.Text) {
		n.add(id)
	}
}

func (n named) find(ctx context.Context, names Names) error {
	ids := make([]kernel.UserID, 0, len(n))
	for id := range n {
		ids = append(ids, id)
	}
	found, err := names.Names(ctx, ids)
	if err != nil {
		return err
	}
	for id, name := range found {
		n[id] = name
	}
	return nil
}

func (n named) person(id kernel.UserID) Person { return Person{ID: id, Name: n[id]} }

func (n named) thread(t commentview.Thread, caller kernel.UserID) Thread {
	out := Thread{
		ID: t.ID, RowID: t.Row, ColumnID: t.Column, Resolved: t.Resolved, ResolvedAt: t.ResolvedAt,
		CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
		Comments: make([]Comment, len(t.Comments)),
	}
	if t.Resolved {
		by := n.person(t.ResolvedBy)
		out.ResolvedBy = &by
	}
	for i, c := range t.Comments {
		out.Comments[i] = n.shown(c, caller)
	}
	return out
}

func (n named) shown(c commentview.Comment, caller kernel.UserID) Comment {
	out := Comment{
		ID: c.ID, Author: n.person(c.Author), Text: c.Text, Mentions: []Person{}, Erased: c.Erased, Mine: c.Author == caller,
		CreatedAt: c.CreatedAt, EditedAt: c.EditedAt,
	}
	for _, id := range comment.Mentions(c.Text) {
		out.Mentions = append(out.Mentions, n.person(id))
	}
	return out
}

// Mark is how many open threads there are about a row as a whole or a cell.
type Mark struct {
	RowID    kernel.RowID    `json:"row_id"`
	ColumnID kernel.ColumnID `json:"column_id,omitempty" doc:"Absent: about the row as a whole."`
	Open     int             `json:"open"`
}

type marksIn struct {
	InTable
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"1000"`
	Cursor string `query:"cursor" maxLength:"100" pattern:"^[!-~]+$" doc:"meta.next_cursor of the page before"`
}

func (s service) marks(ctx context.Context, p httpapi.Principal, in *marksIn) ([]Mark, httpapi.Meta, error) {
	var meta httpapi.Meta
	row, col, _ := strings.Cut(in.Cursor, ".")
	if in.Cursor != "" && kernel.ParseID(kernel.PrefixRow, row) != nil || col != "" && kernel.ParseID(kernel.PrefixColumn, col) != nil {
		return nil, meta, kernel.BadCursor()
	}
	if _, err := s.Tables.Table(ctx, p.Workspace, in.TableID); err != nil {
		return nil, meta, err
	}
	list, err := s.Reads.Marks(ctx, p.Workspace, in.TableID, kernel.RowID(row), kernel.ColumnID(col), in.Limit+1)
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(m commentview.Mark) string { return string(m.Row) + "." + string(m.Column) })
	out := make([]Mark, len(list))
	for i, m := range list {
		out[i] = Mark{RowID: m.Row, ColumnID: m.Column, Open: m.Open}
	}
	return out, meta, nil
}

// Text is what a comment says.
type Text struct {
	Text string `json:"text" doc:"1 to 2,000 characters; <@usr_…> mentions a member of the workspace."`
}

type beginIn struct {
	InTable
	Body struct {
		Text

		RowID    kernel.RowID    `json:"row_id"`
		ColumnID kernel.ColumnID `json:"column_id,omitempty" doc:"Of the cell; absent for the row as a whole."`
	}
}

func (s service) begin(ctx context.Context, meta kernel.Meta, in *beginIn) (commands.Result[commentcmd.Written], error) {
	at := comment.Place{Table: in.TableID, Row: in.Body.RowID, Column: in.Body.ColumnID}
	return s.Handlers.Begin(ctx, meta, commentcmd.Begin{At: at, Text: in.Body.Text.Text})
}

type replyIn struct {
	InThread
	Body Text
}

func (s service) reply(ctx context.Context, meta kernel.Meta, in *replyIn) (commands.Result[commentcmd.Written], error) {
	return s.Handlers.Reply(ctx, meta, commentcmd.Reply{In: in.in(), Text: in.Body.Text})
}

type editIn struct {
	InComment
	Body Text
}

func (s service) edit(ctx context.Context, meta kernel.Meta, in *editIn) (commands.Result[commentcmd.Written], error) {
	return s.Handlers.Edit(ctx, meta, commentcmd.Edit{In: in.in(), ID: in.CommentID, Text: in.Body.Text})
}

// delete lets a caller with the right to manage members delete the comments of others.
func (s service) delete(ctx context.Context, meta kernel.Meta, in *InComment) (commands.Result[commentcmd.Nothing], error) {
	moderator := workspace.Allowed(httpapi.PrincipalOf(ctx).Role, workspace.ManageMembers)
	return s.Handlers.Delete(ctx, meta, commentcmd.Delete{In: in.in(), ID: in.CommentID, Moderator: moderator})
}

func (s service) resolve(ctx context.Context, meta kernel.Meta, in *InThread) (commands.Result[commentcmd.Nothing], error) {
	return s.Handlers.Resolve(ctx, meta, in.in())
}

func (s service) reopen(ctx context.Context, meta kernel.Meta, in *InThread) (commands.Result[commentcmd.Nothing], error) {
	return s.Handlers.Reopen(ctx, meta, in.in())
}
