package pgstore

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
)

// Fingerprint names the schema that Migrate makes: it changes when a migration does. Whoever keeps a migrated database as
// a template names it by this.
func Fingerprint() (string, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return "", fmt.Errorf("list the log's migrations: %w", err)
	}
	h := sha256.New()
	for _, name := range names {
		body, err := migrations.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("read the log's migrations: %w", err)
		}
		_, _ = fmt.Fprintf(h, "%s %d\n", name, len(body))
		h.Write(body)
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}
