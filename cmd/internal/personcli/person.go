package personcli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/morket/morket/cmd/internal/client"
	"github.com/morket/morket/domain/kernel"
)

// Config names the person, and says what becomes of what is found.
type Config struct {
	Client *client.Client
	Emails []string
	Phones []string
	Name   string // with Company: a row is about a person when it has both
	Firm   string

	Out         string // a file for everything that is held; empty: none
	Certificate string // a file for the certificate; empty: erasure-<id>.json
	Yes         bool   // erase without asking
	In          io.Reader
	Err         io.Writer
}

type person struct {
	Name    string `json:"name"`
	Company string `json:"company"`
}

type found struct {
	Place string `json:"place"`
	Count int64  `json:"count"`
}

// erasure is what is read of one.
type erasure struct {
	ID    string `json:"id"`
	State string `json:"state"`
	Rows  []struct {
		RowIDs []string `json:"row_ids"`
	} `json:"rows"`
	Found       []found         `json:"found"`
	Erased      []found         `json:"erased"`
	Certificate json.RawMessage `json:"certificate"`
	Error       string          `json:"error"`
}

// Pauses between two looks at what goes on.
const (
	firstLook   = 200 * time.Millisecond
	longestLook = 3 * time.Second
)

// Save saves everything that is held about the person, and leaves it as it is.
func Save(ctx context.Context, c Config) error {
	if c.Out == "" {
		return errors.New("name the file with --out")
	}
	path, e, err := c.look(ctx)
	if err != nil {
		return err
	}
	err = c.save(ctx, path)
	_, cancelled := c.Client.Write(context.WithoutCancel(ctx), path+"/cancel", "", struct{}{}, nil)
	if err = errors.Join(err, cancelled); err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.Err, "%s: everything that is held, of %s\n", c.Out, rowsOf(e))
	return err
}

// Erase looks for the person, shows what was found, and erases it once that is confirmed.
func Erase(ctx context.Context, c Config) error {
	path, e, err := c.look(ctx)
	if err != nil {
		return err
	}
	if err := c.show(e); err != nil {
		return err
	}
	if c.Out != "" {
		if err := c.save(ctx, path); err != nil {
			return err
		}
	}
	if !c.Yes && !c.confirmed() {
		_, err := c.Client.Write(context.WithoutCancel(ctx), path+"/cancel", "", struct{}{}, nil)
		return errors.Join(errors.New("nothing was erased"), err)
	}
	if _, err = c.Client.Write(ctx, path+"/confirm", "", struct{}{}, &e); err != nil {
		return err
	}
	if e, err = c.follow(ctx, path, "erasing"); err != nil {
		return errors.Join(err, errors.New("what was confirmed goes on at the server without this command"))
	}
	return c.report(e)
}

// look has the server look, and waits until it has.
func (c Config) look(ctx context.Context) (path string, e erasure, err error) {
	body := map[string]any{}
	if len(c.Emails) > 0 {
		body["emails"] = c.Emails
	}
	if len(c.Phones) > 0 {
		body["phones"] = c.Phones
	}
	if c.Name != "" || c.Firm != "" {
		body["people"] = []person{{c.Name, c.Firm}}
	}
	if len(body) == 0 {
		return "", e, errors.New("say whom: --email, --phone, or --name with --company")
	}
	if (c.Name == "") != (c.Firm == "") {
		return "", e, errors.New("--name goes with --company: a name alone may be others', too")
	}
	ws, err := c.Client.Workspace(ctx)
	if err != nil {
		return "", e, err
	}
	if _, err = c.Client.Write(ctx, ws+"/erasures", "", body, &e); err != nil {
		return "", e, err
	}
	path = ws + "/erasures/" + url.PathEscape(e.ID)
	e, err = c.follow(ctx, path, "looking")
	return path, e, err
}

// follow waits while it is in a state.
func (c Config) follow(ctx context.Context, path, state string) (e erasure, err error) {
	pauses := kernel.Doubling(firstLook, longestLook)
	said := -1
	for {
		if _, err = c.Client.Get(ctx, path, nil, &e); err != nil {
			return e, err
		}
		if state == "erasing" && len(e.Erased) != said {
			said = len(e.Erased)
			if _, err := fmt.Fprintf(c.Err, "%d of %d places are done\n", said, len(e.Found)); err != nil {
				return e, err
			}
		}
		switch {
		case e.State == "failed":
			return e, errors.New(e.Error)
		case e.State != state:
			return e, nil
		}
		if err := kernel.Pause(ctx, pauses.NextBackOff()); err != nil {
			return e, err
		}
		e = erasure{}
	}
}

// show says what was found where.
func (c Config) show(e erasure) error {
	if _, err := fmt.Fprintf(c.Err, "Found, of %s about the person:\n", rowsOf(e)); err != nil {
		return err
	}
	w := tabwriter.NewWriter(c.Err, 0, 0, 2, ' ', 0)
	for _, f := range e.Found {
		if f.Count > 0 {
			if _, err := fmt.Fprintf(w, "  %s\t%d\n", f.Place, f.Count); err != nil {
				return err
			}
		}
	}
	return w.Flush()
}

func rowsOf(e erasure) string {
	n := 0
	for _, t := range e.Rows {
		n += len(t.RowIDs)
	}
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}

// confirmed asks for the word.
func (c Config) confirmed() bool {
	_, _ = fmt.Fprint(c.Err, "This can't be undone, and keeps the person's addresses and numbers out from now on. Type \"erase\" to go on: ")
	line, _ := bufio.NewReader(c.In).ReadString('\n')
	return strings.TrimSpace(line) == "erase"
}

func (c Config) save(ctx context.Context, path string) error {
	body, err := c.Client.Stream(ctx, path+"/export", nil, "application/json")
	if err != nil {
		return err
	}
	defer body.Close()
	return write(c.Out, body)
}

func (c Config) report(e erasure) error {
	name := c.Certificate
	if name == "" {
		name = "erasure-" + e.ID + ".json"
	}
	if err := write(name, strings.NewReader(string(e.Certificate)+"\n")); err != nil {
		return err
	}
	_, err := fmt.Fprintf(c.Err, "erased and looked through again; the certificate is %s\n", name)
	return err
}

// write writes a file beside its place, for its owner alone, and moves it there once it is whole.
func write(name string, body io.Reader) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".morket-person-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // of a failure; after a success there is nothing of this name
	_, err = io.Copy(f, body)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return os.Rename(f.Name(), name)
}
