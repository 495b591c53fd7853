package dataopscmd

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/morket/morket/domain/dataops"
)

// source is an uploaded file that is read. It remembers whether the object store let it down: what a reader then says of the file is not
// the file's fault, and the store's own words, with addresses in them, are not for people.
type source struct {
	io.ReadCloser
	failed error
}

func (h *Handlers) open(ctx context.Context, object string, offset int64) (*source, error) {
	file, err := h.cfg.Files.Open(ctx, object, offset)
	if err != nil {
		return nil, err
	}
	return &source{ReadCloser: file}, nil
}

// Read implements io.Reader.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		s.failed = err
	}
	return n, err
}

// records begins to read the file; an error of the file itself is one that people may see.
func (h *Handlers) records(s *source, o dataops.ReadOptions) (dataops.Records, error) {
	records, err := h.cfg.Formats.Read(s, o)
	switch {
	case s.failed != nil:
		return nil, fmt.Errorf("read the uploaded file: %w", s.failed)
	case err != nil:
		return nil, fileError("%s", err)
	default:
		return records, nil
	}
}
