package config

import (
	"fmt"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Prices are what answers cost, by provider. The registry checks that there are such providers.
type Prices struct{ byProvider map[string]kernel.Credits }

// ByProvider returns the prices in milli-credits.
func (p Prices) ByProvider() map[string]kernel.Credits { return p.byProvider }

// UnmarshalText reads the setting: provider=credits, separated by commas.
func (p *Prices) UnmarshalText(text []byte) error {
	p.byProvider = map[string]kernel.Credits{}
	for part := range strings.SplitSeq(string(text), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		slug, amount, ok := strings.Cut(part, "=")
		if slug = strings.TrimSpace(slug); !ok || slug == "" {
			return fmt.Errorf("%q is not provider=credits", part)
		}
		if _, dup := p.byProvider[slug]; dup {
			return fmt.Errorf("%s has two prices", slug)
		}
		price, err := kernel.ParseCredits(strings.TrimSpace(amount))
		if err != nil {
			return fmt.Errorf("the price of %s: %w", slug, err)
		}
		p.byProvider[slug] = price
	}
	return nil
}
