package webhook

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/invopop/validation"

	"github.com/morket/morket/domain/kernel"
)

// Limits of a webhook.
const (
	MaxURL         = 2000 // bytes
	MaxDescription = 200  // characters
	MaxTables      = 50
	MaxOverlap     = 7 * 24 * time.Hour // for which a rotated secret goes on signing
	MaxPerSpace    = 100                // webhooks of one workspace
)

// GiveUpAfter is how long a webhook may take nothing before it is turned off.
const GiveUpAfter = 5 * 24 * time.Hour

// URLVersion is what the sealed address has for a version; those of secrets begin at 1.
const URLVersion = 0

// Secret is one version of the signing secret.
type Secret struct {
	Version int       `json:"version"`
	Sealed  Sealed    `json:"sealed"`
	Until   time.Time `json:"until,omitzero"` // zero: in force
}

// Webhook is an address that events are sent to.
type Webhook struct {
	kernel.Root
	id        kernel.WebhookID
	workspace kernel.WorkspaceID
	settings  Settings
	sealedURL *Sealed
	secrets   []Secret // the one in force first, then perhaps the one before
	disabled  bool
	enabledAt time.Time // after it was off
	deleted   bool
}

// New returns a webhook without events.
func New() *Webhook { return &Webhook{} }

// Exists reports whether the webhook is there and not deleted, in the workspace.
func (w *Webhook) Exists(ws kernel.WorkspaceID) bool {
	return w.id != "" && !w.deleted && w.workspace == ws
}

// Settings are those in force. Their address is only as far as it may be shown, if SealedURL has it.
func (w *Webhook) Settings() Settings { return w.settings }

// SealedURL is the address, nil while the settings have it in clear: for webhooks from before addresses were sealed.
func (w *Webhook) SealedURL() *Sealed { return w.sealedURL }

// Masked are the settings with the address as far as it may be shown.
func (s Settings) Masked() Settings {
	s.URL = kernel.MaskAddresses(s.URL)
	return s
}

// Secrets are the secret in force and, for a while after a rotation, the one before.
func (w *Webhook) Secrets() []Secret { return w.secrets }

// Version is that of the secret in force.
func (w *Webhook) Version() int {
	if len(w.secrets) == 0 {
		return 0
	}
	return w.secrets[0].Version
}

// Enabled reports whether events are sent to it.
func (w *Webhook) Enabled() bool { return !w.disabled }

// Create begins the webhook.
func (w *Webhook) Create(e Created) error { return w.Record(w, e) }

// Change replaces the settings, whose address is sealed; the same settings change nothing.
func (w *Webhook) Change(s Settings, url *Sealed) error {
	if Equal(s.Masked(), w.settings) && url == w.sealedURL {
		return nil
	}
	return w.Record(w, Changed{ID: w.id, Settings: s.Masked(), SealedURL: url})
}

// Equal reports whether the settings are the same.
func Equal(a, b Settings) bool {
	return a.URL == b.URL && a.Description == b.Description && a.Ordered == b.Ordered && slices.Equal(a.Types, b.Types) &&
		slices.Equal(a.Tables, b.Tables)
}

// Rotate puts a new secret in force; the one before signs for the overlap, too.
func (w *Webhook) Rotate(sealed Sealed, overlap time.Duration, now time.Time) error {
	return w.Record(w, SecretRotated{ID: w.id, Version: w.Version() + 1, Sealed: sealed, OldUntil: now.Add(overlap), At: now})
}

// Rewrap takes over a new wrapping of a secret.
func (w *Webhook) Rewrap(version int, sealed Sealed) error {
	if version == URLVersion && w.sealedURL != nil {
		return w.Record(w, SecretRewrapped{ID: w.id, Version: version, Sealed: sealed})
	}
	if !slices.ContainsFunc(w.secrets, func(s Secret) bool { return s.Version == version }) {
		return nil
	}
	return w.Record(w, SecretRewrapped{ID: w.id, Version: version, Sealed: sealed})
}

// Disable turns the webhook off; one that is off stays so.
func (w *Webhook) Disable(reason Reason, failingSince *time.Time, now time.Time) error {
	if w.disabled {
		return nil
	}
	return w.Record(w, Disabled{
		ID:           w.id,
		Workspace:    w.workspace,
		URL:          w.settings.Masked().URL,
		Reason:       reason,
		FailingSince: failingSince,
		At:           now,
	})
}

// GiveUp turns the webhook off because it has taken nothing since then, unless it was turned on again meanwhile.
func (w *Webhook) GiveUp(failingSince, now time.Time) error {
	if failingSince.Before(w.enabledAt) {
		return nil
	}
	return w.Disable(ByFailures, &failingSince, now)
}

// Gone turns the webhook off because its receiver said at the time that nothing is there any more, unless it was turned on again since.
func (w *Webhook) Gone(at, now time.Time) error {
	if at.Before(w.enabledAt) {
		return nil
	}
	return w.Disable(ByReceiver, nil, now)
}

// Enable turns the webhook on.
func (w *Webhook) Enable(now time.Time) error {
	if !w.disabled {
		return nil
	}
	return w.Record(w, Enabled{ID: w.id, At: now})
}

// Delete ends the webhook.
func (w *Webhook) Delete() error { return w.Record(w, Deleted{ID: w.id}) }

// Test asks for a test event.
func (w *Webhook) Test(note string, now time.Time) error {
	if w.disabled {
		return errDisabled()
	}
	return w.Record(w, TestRequested{ID: w.id, Note: note, At: now})
}

// Redeliver asks for the event at the position once more.
func (w *Webhook) Redeliver(position int64) error {
	if w.disabled {
		return errDisabled()
	}
	return w.Record(w, RedeliveryRequested{ID: w.id, Position: position})
}

// Replay asks for the events after one position and up to another.
func (w *Webhook) Replay(after, until int64) error {
	if w.disabled {
		return errDisabled()
	}
	if after < 0 || after > until {
		return kernel.Invalid("after", "must be a position from 0 to %d, where the log ends", until)
	}
	return w.Record(w, ReplayRequested{ID: w.id, After: after, Until: until})
}

func errDisabled() error {
	return kernel.E(kernel.KindConflict, "WEBHOOK_DISABLED", "the webhook is off; turn it on first")
}

// Apply implements kernel.Aggregate.
func (w *Webhook) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case Created:
		w.id, w.workspace, w.settings, w.sealedURL, w.secrets = e.ID, e.Workspace, e.Settings, e.SealedURL, []Secret{{
			Version: 1,
			Sealed:  e.Sealed,
		}}
	case Changed:
		w.settings, w.sealedURL = e.Settings, e.SealedURL
	case SecretRotated:
		w.secrets = Rotated(w.secrets, e)
	case SecretRewrapped:
		if e.Version == URLVersion {
			w.sealedURL = &e.Sealed
		}
		w.secrets = Rewrapped(w.secrets, e)
	case Disabled:
		w.disabled = true
	case Enabled:
		w.disabled, w.enabledAt = false, e.At
	case Deleted:
		w.deleted, w.secrets = true, nil
	case TestRequested, RedeliveryRequested, ReplayRequested:
	default:
		return kernel.UnknownEvent("webhook", e)
	}
	return nil
}

// Rotated returns the secrets after the event: the new one and the one that it replaces.
func Rotated(secrets []Secret, e SecretRotated) []Secret {
	out := []Secret{{Version: e.Version, Sealed: e.Sealed}}
	if len(secrets) > 0 {
		old := secrets[0]
		old.Until = e.OldUntil
		out = append(out, old)
	}
	return out
}

// Rewrapped returns the secrets after the event.
func Rewrapped(secrets []Secret, e SecretRewrapped) []Secret {
	out := slices.Clone(secrets)
	for i := range out {
		if out[i].Version == e.Version {
			out[i].Sealed = e.Sealed
		}
	}
	return out
}

// Valid returns the secrets that sign at the time, the one in force first.
func Valid(secrets []Secret, now time.Time) []Secret {
	return slices.DeleteFunc(slices.Clone(secrets), func(s Secret) bool { return !s.Until.IsZero() && !now.Before(s.Until) })
}

// Validate checks the settings by themselves. loopback says that plain http to this machine itself is let through, in development.
func (s Settings) Validate(loopback bool) error {
	if err := checkURL(s.URL, loopback); err != nil {
		return err
	}
	return kernel.Check(
		kernel.Field("description", s.Description, validation.RuneLength(0,
			MaxDescription).Error(fmt.Sprintf("at most %d characters", MaxDescription))),
		kernel.Field("tables", s.Tables, kernel.Sized(0, MaxTables, "at most %d tables", MaxTables),
			kernel.AllIDs[kernel.TableID](kernel.PrefixTable)),
		kernel.Field("types", s.Types), // checks itself
	)
}

func checkURL(raw string, loopback bool) error {
	u, err := url.Parse(raw)
	switch {
	case raw == "" || len(raw) > MaxURL || err != nil || u.Hostname() == "":
		return kernel.Invalid("url", "must be an address such as https://example.com/hook, of at most %d bytes", MaxURL)
	case u.User != nil:
		return kernel.Invalid("url", "must not hold a user name or password")
	case u.Fragment != "":
		return kernel.Invalid("url", "must not have a part after #")
	}
	local := isLoopback(u.Hostname())
	if port := u.Port(); port != "" && port != "443" && port != "80" && !local {
		return kernel.Invalid("url", "must be at port 443 or 80, not %s: nothing else is connected to", port)
	}
	switch {
	case local && !loopback:
		return kernel.Invalid("url", "must be an address on the public internet")
	case u.Scheme == "https", u.Scheme == "http" && local:
		return nil
	default:
		return kernel.Invalid("url", "must begin with https://")
	}
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") || strings.HasSuffix(strings.ToLower(host), ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
