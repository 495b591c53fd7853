package tablecli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/cmd/internal/client"
	"github.com/morket/morket/domain/kernel"
)

// ImportConfig says which file goes into which table.
type ImportConfig struct {
	Client   *client.Client
	File     string
	Table    string   // a name or an id; columns of the file go into those of the same name
	Keys     []string // columns by which a record changes the row that it is of; empty: all records are new rows
	Encoding string   // empty: found out
	Errors   string   // a CSV file for records that were left out
	Err      io.Writer
	Quiet    bool // no progress and no summary
}

// imported is what is read of an import.
type imported struct {
	ID         string   `json:"id"`
	State      string   `json:"state"`
	Unsure     bool     `json:"unsure"`
	LeftOut    []string `json:"left_out"`
	Progress   float64  `json:"progress"`
	WaitingFor string   `json:"waiting_for"`
	Error      string   `json:"error"`
	Counts     struct {
		Imported, Updated, Skipped, Failed int64
	} `json:"counts"`
}

// Pauses between two looks at an import that runs.
const (
	firstLook   = 200 * time.Millisecond
	longestLook = 3 * time.Second
)

// Import sends a file, commits it and waits for its end. It is an error if not every record came in.
func Import(ctx context.Context, c ImportConfig) error {
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() || info.Size() == 0 {
		return fmt.Errorf("%s is not a file with something in it", c.File)
	}
	table, err := c.Client.Table(ctx, c.Table)
	if err != nil {
		return err
	}
	commit, err := c.commit(table)
	if err != nil {
		return err
	}
	ws, err := c.Client.Workspace(ctx)
	if err != nil {
		return err
	}
	var i imported
	q := url.Values{"filename": {filepath.Base(c.File)}, "table_id": {table.ID}}
	if _, err = c.Client.Upload(ctx, ws+"/imports", q, f, info.Size(), &i); err != nil {
		return err
	}
	path := ws + "/imports/" + url.PathEscape(i.ID)
	if c.Encoding != "" {
		if _, err = c.Client.Write(ctx, path+"/preview", "", map[string]string{"encoding": c.Encoding, "table_id": table.ID}, &i); err != nil {
			return err
		}
	} else if i.Unsure {
		return fmt.Errorf("the encoding of %s is not certain: name it with --encoding, for example utf-8, windows-1252 or shift_jis", c.File)
	}
	if _, err = c.Client.Write(ctx, path+"/commit", "", commit, &i); err != nil {
		return err
	}
	if i, err = c.follow(ctx, path, i); err != nil {
		_, _ = fmt.Fprintln(c.Err, "the import goes on at the server without this command")
		return err
	}
	return errors.Join(c.saveErrors(ctx, path, i), c.report(table, i))
}

// commit is the request that lets the import begin.
func (c ImportConfig) commit(table client.Table) (map[string]any, error) {
	body := map[string]any{"table_id": table.ID, "mode": "append"}
	keys := make([]string, 0, len(c.Keys))
	for _, ref := range c.Keys {
		col, err := table.Column(ref)
		if err != nil {
			return nil, err
		}
		keys = append(keys, col.ID)
	}
	if len(keys) > 0 {
		body["mode"], body["key_columns"] = "upsert", keys
	}
	return body, nil
}

// follow waits for the import's end and tells how far it is.
func (c ImportConfig) follow(ctx context.Context, path string, i imported) (imported, error) {
	pauses := kernel.Doubling(firstLook, longestLook)
	told := ""
	for !slices.Contains([]string{"completed", "partially_completed", "failed", "cancelled", "undone"}, i.State) {
		now := fmt.Sprintf("%.0f %%", 100*i.Progress)
		if i.WaitingFor != "" {
			now = "waiting for " + i.WaitingFor
		}
		if now != told && !c.Quiet {
			_, _ = fmt.Fprintln(c.Err, now)
			told = now
		}
		if err := kernel.Pause(ctx, pauses.NextBackOff()); err != nil {
			return i, err
		}
		i = imported{}
		if _, err := c.Client.Get(ctx, path, nil, &i); err != nil {
			return i, err
		}
	}
	return i, nil
}

// saveErrors saves the records that were left out.
func (c ImportConfig) saveErrors(ctx context.Context, path string, i imported) error {
	if c.Errors == "" || i.Counts.Failed == 0 {
		return nil
	}
	body, err := c.Client.Stream(ctx, path+"/errors.csv", nil, "")
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = save(c.Errors, body)
	return err
}

// report tells what came in, and makes an error of what did not.
func (c ImportConfig) report(table client.Table, i imported) error {
	if !c.Quiet {
		n := i.Counts
		_, _ = fmt.Fprintf(c.Err, "%s: %d rows new, %d changed, %d left as they are, %d records left out\n", table.Name,
			n.Imported, n.Updated, n.Skipped, n.Failed)
		if len(i.LeftOut) > 0 {
			_, _ = fmt.Fprintf(c.Err, "the table has no columns of these names, which were left out: %s\n",
				plain(strings.Join(i.LeftOut, ", "), maxPage))
		}
	}
	switch {
	case i.State == "completed" && i.Counts.Failed == 0:
		return nil
	case i.Error != "":
		return fmt.Errorf("the import is %s: %s", strings.ReplaceAll(i.State, "_", " "), i.Error)
	case i.Counts.Failed > 0 && c.Errors == "":
		return fmt.Errorf("%d records can't be in the table; --errors FILE saves them with the reasons", i.Counts.Failed)
	case i.Counts.Failed > 0:
		return fmt.Errorf("%d records can't be in the table; %s has them with the reasons", i.Counts.Failed, c.Errors)
	default:
		return fmt.Errorf("the import is %s", strings.ReplaceAll(i.State, "_", " "))
	}
}
