// Package credential is the vault's books: which secrets a workspace keeps, which version is in force, its uses.
// The secrets themselves are sealed before they come here.
package credential

import (
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Limits of a secret.
const (
	MaxFields = 20
	MaxValue  = 16 << 10
	MaxName   = 100
)

// Credential is one secret of a workspace.
type Credential struct {
	kernel.Root
	id        kernel.CredentialID
	workspace kernel.WorkspaceID
	provider  string
	version   int
	sealed    Sealed
	hosts     []string
	deleted   bool
}

// New returns a credential without events.
func New() *Credential { return &Credential{} }

// Exists reports whether the credential is there and not deleted, in the workspace.
func (c *Credential) Exists(ws kernel.WorkspaceID) bool {
	return c.id != "" && !c.deleted && c.workspace == ws
}

// Version is the secret's version, from 1.
func (c *Credential) Version() int { return c.version }

// Sealed is the secret in force.
func (c *Credential) Sealed() Sealed { return c.sealed }

// Provider is what the secret is for.
func (c *Credential) Provider() string { return c.provider }

// Hosts are those that the secret may be sent to.
func (c *Credential) Hosts() []string { return c.hosts }

// Store begins the credential.
func (c *Credential) Store(e Stored) error {
	if c.id != "" {
		return kernel.E(kernel.KindConflict, "CREDENTIAL_EXISTS", "the credential %s exists already", e.ID)
	}
	e.Version = 1
	return c.Record(c, e)
}

// Rotate puts a new secret in force.
func (c *Credential) Rotate(masked map[string]string, sealed Sealed) error {
	return c.Record(c, Rotated{ID: c.id, Masked: masked, Version: c.version + 1, Sealed: sealed})
}

// Rewrap takes over a new wrapping of the same secret.
func (c *Credential) Rewrap(sealed Sealed) error {
	return c.Record(c, Rewrapped{ID: c.id, Sealed: sealed})
}

// Use records that the secret was opened.
func (c *Credential) Use(purpose string) error {
	return c.Record(c, Used{ID: c.id, Version: c.version, Purpose: purpose})
}

// ChangeHosts says which hosts the secret may be sent to; the same as before are no event.
func (c *Credential) ChangeHosts(hosts []string) error {
	if slices.Equal(hosts, c.hosts) {
		return nil
	}
	return c.Record(c, HostsChanged{ID: c.id, Hosts: hosts})
}

// Delete ends the credential.
func (c *Credential) Delete() error { return c.Record(c, Deleted{ID: c.id}) }

// Apply implements kernel.Aggregate.
func (c *Credential) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case Stored:
		c.id, c.workspace, c.provider, c.version, c.sealed, c.hosts = e.ID, e.Workspace, e.Provider, e.Version, e.Sealed, e.Hosts
	case Rotated:
		c.version, c.sealed = e.Version, e.Sealed
	case Rewrapped:
		c.sealed = e.Sealed
	case Used:
	case HostsChanged:
		c.hosts = e.Hosts
	case Deleted:
		c.deleted, c.sealed = true, Sealed{}
	default:
		return kernel.UnknownEvent("credential", e)
	}
	return nil
}

var fieldName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,49}$`)

// CheckName checks a credential's name.
func CheckName(name string) error {
	if strings.TrimSpace(name) == "" || utf8.RuneCountInString(name) > MaxName {
		return kernel.Invalid("name", "must have 1 to %d characters", MaxName)
	}
	return nil
}

// CheckSecret checks the fields of a secret; its messages never hold a value.
func CheckSecret(secret map[string]string) error {
	if len(secret) == 0 || len(secret) > MaxFields {
		return kernel.Invalid("secret", "must have 1 to %d fields", MaxFields)
	}
	for k, v := range secret {
		if !fieldName.MatchString(k) {
			return kernel.Invalid("secret", "field names are lower-case letters, digits and _, for example api_key")
		}
		if v == "" || len(v) > MaxValue {
			return kernel.Invalid("secret."+k, "must have 1 to %d bytes", MaxValue)
		}
	}
	return nil
}

// Mask shows of each value its last 4 characters, of values shorter than 12 nothing.
func Mask(secret map[string]string) map[string]string {
	out := make(map[string]string, len(secret))
	const shown, least = 4, 12
	for k, v := range secret {
		r := []rune(v)
		out[k] = "••••"
		if len(r) >= least {
			out[k] += string(r[len(r)-shown:])
		}
	}
	return out
}

// MaskedText is the masked fields as one line, for lists.
func MaskedText(masked map[string]string) string {
	keys := make([]string, 0, len(masked))
	for k := range masked {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	parts := make([]string, len(keys))
	for i, k := range keys {
		parts[i] = k + " " + masked[k]
	}
	return strings.Join(parts, ", ")
}
