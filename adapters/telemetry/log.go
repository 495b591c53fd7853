package telemetry

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Redacting keeps secrets and email addresses out of what next writes: values under names of secrets, tokens, keys and
// passwords in addresses wherever they are, and all of an email address but its first letter and its domain.
func Redacting(next slog.Handler) slog.Handler { return redacting{next} }

type redacting struct{ next slog.Handler }

// Enabled implements slog.Handler.
func (h redacting) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h redacting) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, Redact(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(redactAttr(a))
		return true
	})
	return h.next.Handle(ctx, clean)
}

// WithAttrs implements slog.Handler.
func (h redacting) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = redactAttr(a)
	}
	return redacting{h.next.WithAttrs(clean)}
}

// WithGroup implements slog.Handler.
func (h redacting) WithGroup(name string) slog.Handler { return redacting{h.next.WithGroup(name)} }

func redactAttr(a slog.Attr) slog.Attr {
	a.Value = a.Value.Resolve()
	switch a.Value.Kind() {
	case slog.KindGroup:
		group := a.Value.Group()
		clean := make([]slog.Attr, len(group))
		for i, inner := range group {
			clean[i] = redactAttr(inner)
		}
		return slog.Attr{Key: a.Key, Value: slog.GroupValue(clean...)}
	case slog.KindString:
		a.Value = slog.StringValue(redactNamed(a.Key, a.Value.String()))
	case slog.KindAny:
		a.Value = slog.StringValue(redactNamed(a.Key, fmt.Sprint(a.Value.Any())))
	default: // numbers, times and truths tell nothing
	}
	return a
}

const hidden = "[hidden]"

// redactNamed hides everything under the name of a secret.
func redactNamed(name, text string) string {
	name = strings.ToLower(name)
	for _, secret := range []string{
		"password", "secret", "token", "authorization", "cookie", "api_key", "apikey", "credential_value",
		"private_key",
	} {
		if strings.Contains(name, secret) && text != "" {
			return hidden
		}
	}
	return Redact(text)
}

var (
	emailAddress = regexp.MustCompile(`([\pL\pN])[\pL\pN._%+\-]*@([\pL\pN\-]+(?:\.[\pL\pN\-]+)+)`)
	webAddress   = regexp.MustCompile(`(?i)https?://[^\s"'<>` + "`" + `]+`)
	urlPassword  = regexp.MustCompile(`([a-z][a-z0-9+.\-]*://[^\s:/@]*):[^\s@]+@`)
	bearer       = regexp.MustCompile(`(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=\-]+`)
	jsonWebToken = regexp.MustCompile(`\beyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]*`)
	apiKey       = regexp.MustCompile(`\b(mk|sk|pk|rk|whsec)_[A-Za-z0-9_\-]{12,}`)
	linkToken    = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
)

// Redact returns the text without what must not be written down.
func Redact(text string) string {
	if strings.Contains(text, "://") { // what follows a host may be a secret, as in the addresses of webhooks
		text = webAddress.ReplaceAllStringFunc(text, kernel.MaskAddresses)
	}
	if strings.Contains(text, "@") {
		text = urlPassword.ReplaceAllString(text, "$1:"+hidden+"@")
		text = emailAddress.ReplaceAllString(text, "$1***@$2")
	}
	if strings.Contains(text, "eyJ") {
		text = jsonWebToken.ReplaceAllString(text, hidden)
	}
	if strings.Contains(text, "_") {
		text = apiKey.ReplaceAllString(text, hidden)
	}
	if len(text) >= len("basic x") {
		text = bearer.ReplaceAllString(text, "$1 "+hidden)
	}
	if len(text) >= 64 {
		text = linkToken.ReplaceAllString(text, hidden)
	}
	return text
}
