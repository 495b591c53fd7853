package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/enrichment"
)

// ProviderLimits are how providers may be asked in this installation.
type ProviderLimits struct {
	byProvider map[string]enrichment.OwnLimits
}

// ByProvider returns the limits by the provider's slug.
func (l ProviderLimits) ByProvider() map[string]enrichment.OwnLimits { return l.byProvider }

// maxAtOnce bounds both numbers of a limit: a typing error must not open a million connections.
const maxAtOnce = 10_000

// UnmarshalText reads the setting: provider=at once, or provider=at once/a second, separated by commas.
func (l *ProviderLimits) UnmarshalText(text []byte) error {
	l.byProvider = map[string]enrichment.OwnLimits{}
	for part := range strings.SplitSeq(string(text), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		slug, value, ok := strings.Cut(part, "=")
		if slug = strings.TrimSpace(slug); !ok || slug == "" {
			return fmt.Errorf("%q is not provider=calls at once/calls a second", part)
		}
		if _, dup := l.byProvider[slug]; dup {
			return fmt.Errorf("%s has two limits", slug)
		}
		atOnce, perSecond, rated := strings.Cut(value, "/")
		var own enrichment.OwnLimits
		var err error
		if own.Concurrency, err = limit(atOnce, 1); err != nil {
			return fmt.Errorf("the calls at once of %s: %w", slug, err)
		}
		if rated {
			n, err := limit(perSecond, 0)
			if err != nil {
				return fmt.Errorf("the calls a second of %s: %w", slug, err)
			}
			own.PerSecond = &n
		}
		l.byProvider[slug] = own
	}
	return nil
}

func limit(text string, least int) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < least || n > maxAtOnce {
		return 0, fmt.Errorf("%q is not a number from %d to %d", text, least, maxAtOnce)
	}
	return n, nil
}
