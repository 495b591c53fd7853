package tablecli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// ExportConfig says what is saved, and where.
type ExportConfig struct {
	Config        // which rows; its format and limit are not of an export
	File   string // .csv or .jsonl; empty: Out, as CSV
	Err    io.Writer
	Quiet  bool // no progress
}

// progressEvery is how often an export tells how far it is.
const progressEvery = time.Second

// Export saves a table as the server streams it. A file is whole or isn't there: it is written beside its place and moved at the end.
func Export(ctx context.Context, c ExportConfig) (err error) {
	format := "csv"
	if c.File != "" {
		if format = strings.TrimPrefix(strings.ToLower(filepath.Ext(c.File)), "."); format != "csv" && format != "jsonl" {
			return fmt.Errorf("--out ends in .csv or .jsonl, which says how it is written; %s doesn't", c.File)
		}
	}
	c.Format, c.Limit = FormatText, 1
	table, path, err := c.check(ctx)
	if err != nil {
		return err
	}
	columns, err := c.columns(table)
	if err != nil {
		return err
	}
	q, err := c.query(table, columns)
	if err != nil {
		return err
	}
	q.Set("format", format)
	body, err := c.Client.Stream(ctx, path+"/export", q, "")
	if err != nil {
		return err
	}
	defer body.Close()
	if c.File == "" {
		_, err = io.Copy(c.Out, body)
		return err
	}
	n, err := save(c.File, &counted{Reader: body, c: c, last: time.Now()})
	if err == nil && !c.Quiet {
		_, err = fmt.Fprintf(c.Err, "%s: %d bytes in %s\n", table.Name, n, c.File)
	}
	return err
}

// save writes a file beside its place and moves it there once it is whole.
func save(name string, body io.Reader) (n int64, err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".morket-export-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name()) // of a failure; after a success there is nothing of this name
	n, err = io.Copy(f, body)
	if err = errors.Join(err, f.Close()); err != nil {
		return n, fmt.Errorf("write %s: %w", name, err)
	}
	return n, os.Rename(f.Name(), name)
}

// counted tells how much was read.
type counted struct {
	io.Reader
	c    ExportConfig
	n    int64
	last time.Time
}

// Read implements io.Reader.
func (r *counted) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.n += int64(n)
	if !r.c.Quiet && time.Since(r.last) >= progressEvery {
		r.last = time.Now()
		_, _ = fmt.Fprintf(r.c.Err, "%d bytes …\n", r.n)
	}
	return n, err
}
