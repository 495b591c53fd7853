// Package commentapi is the HTTP side of comments about rows and cells, and of what mentions a person.
package commentapi

import (
	"context"
	"net/http"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/commentcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/commentview"
	"github.com/morket/morket/projections/gridview"
)

const tag = "comments"

// Tables knows the tables that are not in the trash.
type Tables interface {
	Table(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (gridview.Info, error)
}

// Names finds the names of people.
type Names interface {
	Names(ctx context.Context, users []kernel.UserID) (map[kernel.UserID]string, error)
}

// Comments reads threads and mentions.
type Comments interface {
	Threads(
		ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, row kernel.RowID, resolved *bool, cursor kernel.ThreadID, limit int,
	) (list []commentview.Thread, more bool, err error)
	Marks(
		ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, row kernel.RowID, col kernel.ColumnID, limit int,
	) ([]commentview.Mark, error)
	Mentions(ctx context.Context, ws kernel.WorkspaceID, user kernel.UserID, before int64, limit int) ([]commentview.Mention, error)
	Unread(ctx context.Context, ws kernel.WorkspaceID, user kernel.UserID, most int) (n int, seen int64, err error)
}

// Deps is what the endpoints need.
type Deps struct {
	Handlers *commentcmd.Handlers
	Reads    Comments
	Tables   Tables
	Names    Names
}

type service struct{ Deps }

// InTable is embedded by the inputs of endpoints of a table's comments.
type InTable struct {
	httpapi.InWorkspace
	TableID kernel.TableID `path:"tableId" doc:"tbl_…"`
}

// InThread is embedded by the inputs of endpoints of a thread.
type InThread struct {
	InTable
	ThreadID kernel.ThreadID `path:"threadId" doc:"thr_…"`
}

func (in InThread) in() commentcmd.In { return commentcmd.In{Table: in.TableID, Thread: in.ThreadID} }

// InComment is embedded by the inputs of endpoints of a comment.
type InComment struct {
	InThread
	CommentID kernel.CommentID `path:"commentId" doc:"cmt_…"`
}

// Register adds the endpoints. Who may edit rows may write about them, as an API key within its tables.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	registerReads(a, s)
	registerWrites(a, s)
	registerMentions(a, s)
}

const all = "W/tables/{tableId}/comments"

func registerReads(a *httpapi.API, s service) {
	const read = workspace.ReadTables
	httpapi.Read(a, httpapi.Op{
		ID: "list-comments", Method: http.MethodGet, Path: all, Tag: tag,
		Summary:     "Threads of comments about a table's rows and cells, newest first",
		Description: "A page ends early when its texts come to 1 MB. In a text <@usr_…> names a person; mentions has the names.",
		Action:      read, Projection: commentview.Name, Scope: httpapi.TableInPath, Rate: httpapi.Grid,
	}, s.list)
	httpapi.Read(a, httpapi.Op{
		ID: "list-comment-marks", Method: http.MethodGet, Path: "W/tables/{tableId}/comment-marks", Tag: tag,
		Summary: "How many open threads there are about each row and cell that has some", Action: read,
		Projection: commentview.Name, Scope: httpapi.TableInPath, Rate: httpapi.Grid,
	}, s.marks)
}

func registerWrites(a *httpapi.API, s service) {
	const write = workspace.EditRows
	const thread, one = all + "/{threadId}", all + "/{threadId}/{commentId}"
	httpapi.Write(a, httpapi.Op{
		ID: "begin-thread", Method: http.MethodPost, Path: all, Tag: tag, Summary: "Comment on a row or a cell",
		Description: "In the text <@usr_…> mentions a member of the workspace.", Action: write, Status: http.StatusCreated,
		Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.begin)
	httpapi.Write(a, httpapi.Op{
		ID: "reply-to-thread", Method: http.MethodPost, Path: thread, Tag: tag,
		Summary: "Add a comment to a thread; one that was resolved is open again", Action: write, Status: http.StatusCreated,
		Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.reply)
	httpapi.Write(a, httpapi.Op{
		ID: "edit-comment", Method: http.MethodPut, Path: one, Tag: tag, Summary: "Replace the text of a comment of one's own",
		Action: write, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.edit)
	httpapi.Write(a, httpapi.Op{
		ID: "delete-comment", Method: http.MethodDelete, Path: one, Tag: tag,
		Summary: "Delete a comment of one's own, or as an admin another's", Action: write, Scope: httpapi.TableInPath,
		Rate: httpapi.General,
	}, s.delete)
	httpapi.Write(a, httpapi.Op{
		ID: "resolve-thread", Method: http.MethodPost, Path: thread + "/resolve", Tag: tag, Summary: "Resolve a thread",
		Action: write, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.resolve)
	httpapi.Write(a, httpapi.Op{
		ID: "reopen-thread", Method: http.MethodPost, Path: thread + "/reopen", Tag: tag, Summary: "Open a thread again",
		Action: write, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.reopen)
}

func registerMentions(a *httpapi.API, s service) {
	const read = workspace.ReadTables
	httpapi.Read(a, httpapi.Op{
		ID: "list-mentions", Method: http.MethodGet, Path: "W/mentions", Tag: tag,
		Summary: "The comments that mention the caller, newest first", Action: read, Projection: commentview.Name,
		Scope: httpapi.PersonInWorkspace, Rate: httpapi.General,
	}, s.mentions)
	httpapi.Read(a, httpapi.Op{
		ID: "count-mentions", Method: http.MethodGet, Path: "W/mentions:count", Tag: tag,
		Summary: "How many comments mention the caller that the caller has not seen", Action: read,
		Projection: commentview.Name, Scope: httpapi.PersonInWorkspace, Rate: httpapi.General,
	}, s.unread)
	httpapi.Write(a, httpapi.Op{
		ID: "see-mentions", Method: http.MethodPost, Path: "W/mentions:seen", Tag: tag,
		Summary: "Remember how far the caller has seen what mentions them", Action: read, Scope: httpapi.PersonInWorkspace,
		Rate: httpapi.General,
	}, s.see)
}
