package mailer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// maxOutbox is how many mails the folder keeps; older ones are removed.
const maxOutbox = 200

// Outbox writes mails into a folder, one JSON file each, instead of sending them. It is for a machine without SMTP: read
// access to the folder is read access to the mails, which hold links that sign in.
type Outbox struct {
	dir    string
	ids    *kernel.IDs
	clock  kernel.Clock
	logger *slog.Logger
}

var _ Mailer = (*Outbox)(nil)

// NewOutbox uses the folder, which it makes if need be.
func NewOutbox(dir string, ids *kernel.IDs, clock kernel.Clock, logger *slog.Logger) (*Outbox, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the outbox: %w", err)
	}
	return &Outbox{dir: dir, ids: ids, clock: clock, logger: logger}, nil
}

// Send implements Mailer. The log gets the recipient's domain, the subject and the file's name, never the text.
func (o *Outbox) Send(ctx context.Context, to, subject, text string) error {
	if err := checkAddress(to); err != nil {
		return err
	}
	m := Mail{ID: o.ids.New("mail"), At: o.clock.Now(), To: to, Subject: header(subject), Text: text}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the mail: %w", err)
	}
	file := filepath.Join(o.dir, m.ID+".json")
	tmp := file + ".tmp" // readers see whole files only
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return fmt.Errorf("write the mail: %w", err)
	}
	if err := os.Rename(tmp, file); err != nil {
		return fmt.Errorf("write the mail: %w", err)
	}
	_, domain, _ := strings.Cut(to, "@")
	o.logger.InfoContext(ctx, "mail written to the outbox", "to_domain", domain, "subject", m.Subject, "file", file)
	return o.prune()
}

// List returns the latest mails, newest first.
func (o *Outbox) List() ([]Mail, error) {
	names, err := o.names()
	if err != nil {
		return nil, err
	}
	slices.Reverse(names)
	out := make([]Mail, 0, len(names))
	for _, n := range names {
		b, err := os.ReadFile(filepath.Join(o.dir, n))
		if errors.Is(err, fs.ErrNotExist) {
			continue // pruned meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("read the outbox: %w", err)
		}
		var m Mail
		if err := json.Unmarshal(b, &m); err != nil {
			return nil, fmt.Errorf("read the mail %s: %w", n, err)
		}
		out = append(out, m)
	}
	return out, nil
}

func (o *Outbox) prune() error {
	names, err := o.names()
	if err != nil {
		return err
	}
	for _, n := range names[:max(0, len(names)-maxOutbox)] {
		if err := os.Remove(filepath.Join(o.dir, n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("prune the outbox: %w", err)
		}
	}
	return nil
}

// names lists the mails' files, oldest first: ids ascend.
func (o *Outbox) names() ([]string, error) {
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "mail_") && strings.HasSuffix(e.Name(), ".json") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}
