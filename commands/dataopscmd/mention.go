package dataopscmd

import (
	"context"
	"strings"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// UploadOf returns the workspace and the import that an object with the key belongs to; false if it is no upload.
func UploadOf(key string) (ws kernel.WorkspaceID, id kernel.ImportID, ok bool) {
	rest, ok := strings.CutPrefix(key, uploadKeys)
	of, name, cut := strings.Cut(rest, "/")
	if !ok || !cut || !isID(kernel.PrefixWorkspace, of) || !isID(kernel.PrefixImport, name) {
		return "", "", false
	}
	return kernel.WorkspaceID(of), kernel.ImportID(name), true
}

// Mentions reports whether a field of an import's file is one that is asked for. A file that nothing needs any longer has none.
func (h *Handlers) Mentions(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.ImportID, is func(text string) bool,
) (found bool, err error) {
	imp, _, err := h.load(ctx, ws, id)
	if kernel.KindOf(err) == kernel.KindNotFound {
		return false, nil // what is not there mentions nobody
	}
	if err != nil || !imp.NeedsFile() || imp.Object == "" {
		return false, err
	}
	err = h.each(ctx, imp.Object, dataops.ReadOptions{Reading: imp.Reading}, func(r dataops.Record) bool {
		for _, f := range r.Fields {
			found = found || is(string(f))
		}
		found = found || is(r.Excerpt)
		return !found
	})
	if kernel.KindOf(err) == kernel.KindNotFound {
		return false, nil
	}
	return found, err
}
