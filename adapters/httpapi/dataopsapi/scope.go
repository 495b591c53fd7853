package dataopsapi

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
)

// What requests about imports touch: the table of the import, and those that the request names.

func uploaded(_ context.Context, _ httpapi.Principal, in *uploadIn) (httpapi.Reach, error) {
	r := httpapi.ReachOf(in.TableID)
	r.Own = true
	return r, nil
}

func listed(_ context.Context, _ httpapi.Principal, in *listIn) (httpapi.Reach, error) {
	return httpapi.ReachOf(in.TableID), nil
}

func (s service) reach(ctx context.Context, p httpapi.Principal, in *InImport) (httpapi.Reach, error) {
	return s.touched(ctx, p, in.ImportID)
}

func (s service) undone(ctx context.Context, p httpapi.Principal, in *undoIn) (httpapi.Reach, error) {
	return s.touched(ctx, p, in.ImportID)
}

func (s service) previewed(ctx context.Context, p httpapi.Principal, in *previewIn) (httpapi.Reach, error) {
	return s.touched(ctx, p, in.ImportID, in.Body.TableID)
}

func (s service) committed(ctx context.Context, p httpapi.Principal, in *commitIn) (httpapi.Reach, error) {
	r, err := s.touched(ctx, p, in.ImportID, in.Body.TableID)
	r.Beyond = in.Body.NewTable != nil
	return r, err
}

// touched is the table of the import, and the tables named. A file that is of no table yet exists only for its uploader.
func (s service) touched(ctx context.Context, p httpapi.Principal, id kernel.ImportID, tables ...kernel.TableID) (httpapi.Reach, error) {
	imp, err := s.Reads.Import(ctx, p.Workspace, id)
	if err != nil {
		return httpapi.Reach{}, err
	}
	own := imp.TableID == "" && imp.Uploader == p.Actor.Ref()
	if !own && (imp.TableID == "" || !p.CanSeeTable(imp.TableID)) {
		return httpapi.Reach{}, kernel.NotFound("import", string(id))
	}
	r := httpapi.ReachOf(append(tables, imp.TableID)...)
	r.Own = own
	return r, nil
}
