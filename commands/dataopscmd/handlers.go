// Package dataopscmd holds the commands of imports, and the importer that carries one out. An import is written by one
// importer at a time: each of its appends expects the import's stream at the version it knows, so a second one, a
// cancellation or a repeat after a crash shows as a conflict, and nobody's work is done twice or lost.
package dataopscmd

import (
	"context"
	"errors"
	"io"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Files keeps uploads.
type Files interface {
	Put(ctx context.Context, name string, r io.Reader, limit int64) (dataops.Object, error)
	Open(ctx context.Context, key string, offset int64) (io.ReadCloser, error)
	Delete(ctx context.Context, key string) error
}

// Formats reads the formats of files.
type Formats interface {
	Inspect() dataops.Inspector
	// Survey completes what was detected, where the beginning of a file does not tell: it reads the file from its beginning. Its error is
	// one that the uploader may see.
	Survey(src io.Reader, found dataops.Detection) (dataops.Detection, error)
	Read(src io.Reader, o dataops.ReadOptions) (dataops.Records, error)
}

// Config is what the commands need.
type Config struct {
	Store   eventstore.Store
	Codec   *eventstore.Codec
	IDs     *kernel.IDs
	Clock   kernel.Clock
	Files   Files
	Formats Formats
	Grid    Grid     // the rows that are there, for checks and for importers
	Wait    Progress // until Grid has them
	Limits  Limits
	Zones   Zones // every workspace is in UTC if nil
	// KeptOut knows what may not come into a workspace again; nothing is kept out if nil.
	KeptOut KeptOut
}

// KeptOut tells of a workspace's values that may not come back.
type KeptOut interface {
	// In returns what tells whether a text has one of them; nil where there are none.
	In(ctx context.Context, ws kernel.WorkspaceID) (func(text string) bool, error)
}

// Zones tells of workspaces' time zones, by IANA name.
type Zones interface {
	TimeZone(ctx context.Context, ws kernel.WorkspaceID) (string, error)
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Store == nil || c.Codec == nil || c.IDs == nil || c.Clock == nil || c.Files == nil || c.Formats == nil || c.Grid == nil ||
		c.Wait == nil {
		return errors.New("the import commands need a store, a codec, ids, a clock, files, formats, a grid and its progress")
	}
	return nil
}

// Handlers carries out the commands of imports.
type Handlers struct {
	cfg     Config
	imports *eventstore.Repo[*dataops.Import]
	tables  *eventstore.Repo[*table.Table]
}

// New makes the handlers.
func New(cfg Config) (*Handlers, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Limits = cfg.Limits.withDefaults()
	return &Handlers{
		cfg:     cfg,
		imports: eventstore.NewRepo(dataops.ImportStream, cfg.Store, cfg.Codec, dataops.NewImport),
		tables:  eventstore.NewRepo(table.StructureStream, cfg.Store, cfg.Codec, table.Blank),
	}, nil
}

// load returns an import of the caller's workspace.
func (h *Handlers) load(ctx context.Context, ws kernel.WorkspaceID, id kernel.ImportID) (*dataops.Import, int64, error) {
	imp, version, err := h.imports.Load(ctx, string(id))
	if err != nil {
		return nil, 0, err
	}
	if !imp.Exists(ws) {
		return nil, 0, kernel.NotFound("import", string(id))
	}
	return imp, version, nil
}

// update changes an import that the caller may see, and answers what it is then.
func (h *Handlers) update(
	ctx context.Context, meta kernel.Meta, id kernel.ImportID, fn func(*dataops.Import) error,
) (commands.Result[dataops.Summary], error) {
	var after dataops.Summary
	done, err := h.imports.Update(ctx, meta, string(id), func(imp *dataops.Import) (any, error) {
		if !imp.Exists(meta.Workspace) {
			return nil, kernel.NotFound("import", string(id))
		}
		if err := fn(imp); err != nil {
			return nil, err
		}
		after = imp.Summary()
		return after, nil
	})
	if err != nil {
		return commands.Result[dataops.Summary]{}, err
	}
	return commands.Reply(done, after)
}

// Look is an import of the workspace as the log has it, and whether it waits to be committed.
func (h *Handlers) Look(ctx context.Context, ws kernel.WorkspaceID, id kernel.ImportID) (s dataops.Summary, waits bool, err error) {
	imp, _, err := h.load(ctx, ws, id)
	if err != nil {
		return s, false, err
	}
	return imp.Summary(), imp.Waits() == nil, nil
}
