package dataopscmd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// uploadKeys begins the keys of uploads; the workspace's and the import's ids follow.
const uploadKeys = "uploads/"

// uploading is how long an upload may take of which the log does not tell yet.
const uploading = 24 * time.Hour

// DropLeftover removes the object with the key if it is an upload that nothing needs: its import has ended, or never began.
func (h *Handlers) DropLeftover(ctx context.Context, key string) (dropped bool, err error) {
	rest, ok := strings.CutPrefix(key, uploadKeys)
	if !ok {
		return false, nil
	}
	_, id, ok := strings.Cut(rest, "/")
	if !ok {
		return false, nil
	}
	if err := kernel.ParseID(kernel.PrefixImport, id); err != nil {
		return false, nil //nolint:nilerr // it is not an upload
	}
	imp, _, err := h.imports.Load(ctx, id)
	if err != nil {
		return false, err
	}
	began, err := kernel.IDTime(id)
	if err != nil || imp.NeedsFile() || imp.ID == "" && h.cfg.Clock.Now().Sub(began) < uploading {
		return false, err
	}
	if err := h.cfg.Files.Delete(ctx, key); err != nil {
		return false, fmt.Errorf("remove what the import %s has left: %w", id, err)
	}
	return true, nil
}
