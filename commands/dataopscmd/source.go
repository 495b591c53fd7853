package dataopscmd

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// source is an uploaded file that is read. It remembers whether the object store let it down: what a reader then says of the file is not
// the file's fault, and the store's own words, with addresses in them, are not for people.
type source struct {
	io.ReadCloser
	failed  error
	records io.Closer // what reads it, if that holds anything
}

// open opens the file where the reading of what follows the mark begins.
func (h *Handlers) open(ctx context.Context, object string, reading dataops.Reading, from dataops.Mark) (*source, error) {
	file, err := h.cfg.Files.Open(ctx, object, reading.Offset(from))
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

// Close implements io.Closer.
func (s *source) Close() error {
	if s.records != nil {
		return errors.Join(s.records.Close(), s.ReadCloser.Close())
	}
	return s.ReadCloser.Close()
}

// records begins to read the file; an error of the file itself is one that people may see.
func (h *Handlers) records(s *source, o dataops.ReadOptions) (dataops.Records, error) {
	records, err := h.cfg.Formats.Read(s, o)
	switch {
	case s.failed != nil:
		return nil, fmt.Errorf("read the uploaded file: %w", s.failed)
	case err != nil:
		return nil, asFileError(err)
	}
	s.records, _ = records.(io.Closer)
	return records, nil
}

// asFileError is an error of a file in the form that people may see.
func asFileError(err error) error {
	var known *kernel.Error
	if errors.As(err, &known) {
		return err
	}
	return fileError("%s", err)
}

// survey finds out what the beginning of a file does not tell.
func (h *Handlers) survey(ctx context.Context, object string, found dataops.Detection) (dataops.Detection, error) {
	if found.Reading.Format != dataops.XLSX {
		return found, nil
	}
	s, err := h.open(ctx, object, found.Reading, dataops.Mark{})
	if err != nil {
		return found, err
	}
	defer func() { _ = s.Close() }() // it was only read
	found, err = h.cfg.Formats.Survey(s, found)
	if s.failed != nil {
		return found, fmt.Errorf("read the uploaded file: %w", s.failed)
	}
	return found, err
}
