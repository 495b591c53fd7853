package dataopscmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/watch"
	"github.com/morket/morket/eventstore"
)

// TableFiles writes tables as files.
type TableFiles interface {
	// Check says what is wrong with what is asked of a table, before anything is written: the table's name and its rows are answered.
	Check(
		ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, by kernel.UserID, ask dataops.ExportAsk,
	) (name string, rows int64, err error)
	// Write writes the file. It tells now and then how many rows it has written, and ends with that function's error.
	Write(ctx context.Context, e dataops.Export, w io.Writer, wrote func(rows int64) error) (rows int64, err error)
}

// ExportRights tells whether a person may still take tables out of a workspace.
type ExportRights interface {
	MayExport(ctx context.Context, ws kernel.WorkspaceID, user kernel.UserID) (bool, error)
}

// ExportsConfig is what the exports need.
type ExportsConfig struct {
	Store  eventstore.Store
	Codec  *eventstore.Codec
	IDs    *kernel.IDs
	Clock  kernel.Clock
	Files  Files
	Tables TableFiles
	Rights ExportRights
	Watch  watch.Watcher // told of each file; may be nil
}

// Exports carries out the commands of exports, and makes their files.
type Exports struct {
	cfg     ExportsConfig
	exports *eventstore.Repo[*dataops.Exports]
}

// NewExports makes them.
func NewExports(cfg ExportsConfig) (*Exports, error) {
	if cfg.Store == nil || cfg.Codec == nil || cfg.IDs == nil || cfg.Clock == nil || cfg.Files == nil ||
		cfg.Tables == nil || cfg.Rights == nil {
		return nil, errors.New("exports need a store, a codec, ids, a clock, files, tables and rights")
	}
	return &Exports{cfg: cfg, exports: eventstore.NewRepo(dataops.ExportStream, cfg.Store, cfg.Codec, dataops.NewExports)}, nil
}

// RequestExport asks for a file of a table.
type RequestExport struct {
	TableID kernel.TableID
	By      kernel.UserID
	Ask     dataops.ExportAsk
}

// Request begins an export, unless what is asked for makes no sense.
func (x *Exports) Request(ctx context.Context, meta kernel.Meta, cmd RequestExport) (commands.Result[dataops.Export], error) {
	var none commands.Result[dataops.Export]
	name, rows, err := x.cfg.Tables.Check(ctx, meta.Workspace, cmd.TableID, cmd.By, cmd.Ask)
	if err != nil {
		return none, err
	}
	return x.update(ctx, meta, kernel.ExportID(x.cfg.IDs.New(kernel.PrefixExport)), func(list *dataops.Exports, id kernel.ExportID) error {
		return list.Request(dataops.ExportRequested{
			ExportID: id, Workspace: meta.Workspace, TableID: cmd.TableID, Name: name, Ask: cmd.Ask, Rows: rows, By: cmd.By,
		})
	})
}

// Cancel stops an export, or throws its file away.
func (x *Exports) Cancel(ctx context.Context, meta kernel.Meta, id kernel.ExportID) (commands.Result[dataops.Export], error) {
	res, err := x.update(ctx, meta, id, (*dataops.Exports).Cancel)
	if err == nil && res.Value.Object != "" {
		x.drop(ctx, res.Value)
	}
	return res, err
}

func (x *Exports) update(
	ctx context.Context, meta kernel.Meta, id kernel.ExportID, fn func(*dataops.Exports, kernel.ExportID) error,
) (commands.Result[dataops.Export], error) {
	var after dataops.Export
	done, err := x.exports.Update(ctx, meta, string(meta.Workspace), func(list *dataops.Exports) (any, error) {
		if err := fn(list, id); err != nil {
			return nil, err
		}
		after, _ = list.Find(id)
		return after, nil
	})
	if err != nil {
		return commands.Result[dataops.Export]{}, err
	}
	return commands.Reply(done, after)
}

// List tells of a workspace's exports, the newest first.
func (x *Exports) List(ctx context.Context, ws kernel.WorkspaceID) ([]dataops.Export, error) {
	list, _, err := x.exports.Load(ctx, string(ws))
	if err != nil {
		return nil, err
	}
	return list.List(), nil
}

// Find tells of one export of a workspace.
func (x *Exports) Find(ctx context.Context, ws kernel.WorkspaceID, id kernel.ExportID) (dataops.Export, error) {
	list, _, err := x.exports.Load(ctx, string(ws))
	if err != nil {
		return dataops.Export{}, err
	}
	e, ok := list.Find(id)
	if !ok {
		return e, kernel.NotFound("export", string(id))
	}
	return e, nil
}

// Open opens the file of an export: while its time isn't over, and the person who asked for it may still take tables out.
func (x *Exports) Open(ctx context.Context, ws kernel.WorkspaceID, id kernel.ExportID) (dataops.Export, io.ReadCloser, error) {
	e, err := x.Find(ctx, ws, id)
	if err != nil {
		return e, nil, err
	}
	if e.State != dataops.ExportReady || !x.cfg.Clock.Now().Before(e.ExpiresAt) {
		return e, nil, kernel.NotFound("export", string(id))
	}
	may, err := x.cfg.Rights.MayExport(ctx, ws, e.By)
	if err != nil {
		return e, nil, err
	}
	if !may {
		return e, nil, kernel.NotFound("export", string(id))
	}
	file, err := x.cfg.Files.Open(ctx, e.Object, 0)
	return e, file, err
}

// exportKeys begins the keys of exported files; the workspace's and the export's ids follow.
const exportKeys = "exports/"

func exportKey(e dataops.Export) string { return exportKeys + string(e.Workspace) + "/" + string(e.ID) }

// drop removes a file. What can't be removed is found by DropLeftover.
func (x *Exports) drop(ctx context.Context, e dataops.Export) {
	_ = x.cfg.Files.Delete(context.WithoutCancel(ctx), exportKey(e))
}

// DropLeftover removes the object with the key if it is an exported file that nobody may have any longer.
func (x *Exports) DropLeftover(ctx context.Context, key string) (dropped bool, err error) {
	rest, ok := strings.CutPrefix(key, exportKeys)
	ws, id, _ := strings.Cut(rest, "/")
	if !ok || !isID(kernel.PrefixWorkspace, ws) || !isID(kernel.PrefixExport, id) {
		return false, nil
	}
	meta := kernel.Meta{Actor: kernel.System(), Workspace: kernel.WorkspaceID(ws), Command: "expire-export", CorrelationID: "sweep"}
	live := false
	_, err = x.exports.Update(ctx, meta, ws, func(list *dataops.Exports) (any, error) {
		if err := list.Expire(kernel.ExportID(id), x.cfg.Clock.Now()); err != nil {
			return nil, err
		}
		e, there := list.Find(kernel.ExportID(id))
		live = there && e.Live()
		return nil, nil //nolint:nilnil // nothing is answered
	})
	if err != nil || live {
		return false, err
	}
	if err := x.cfg.Files.Delete(ctx, key); err != nil {
		return false, fmt.Errorf("remove the exported file %s: %w", id, err)
	}
	return true, nil
}

func isID(prefix, id string) bool { return kernel.ParseID(prefix, id) == nil }

// Underway lists the exports of a workspace that have not ended.
func (x *Exports) Underway(ctx context.Context, ws kernel.WorkspaceID) ([]kernel.ExportID, error) {
	list, err := x.List(ctx, ws)
	var out []kernel.ExportID
	for _, e := range list {
		if e.State == dataops.ExportRunning {
			out = append(out, e.ID)
		}
	}
	return out, err
}

// progressEvery is how often the log is told how far a file is.
const progressEvery = 5 * time.Second
