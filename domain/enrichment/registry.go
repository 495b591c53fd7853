package enrichment

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Registry is the providers that this installation knows, with its own prices and limits.
type Registry struct {
	callers  map[string]Caller
	searches map[string]Searcher
	prices   map[string]kernel.Credits
	limits   map[string]OwnLimits
}

// OwnLimits are an installation's limits in place of a provider's own.
type OwnLimits struct {
	Concurrency int  // at least 1
	PerSecond   *int // nil keeps the provider's own; 0 is no limit
}

// NewRegistry takes the providers; a faulty description or a slug used twice is an error.
func NewRegistry(callers ...Caller) (*Registry, error) {
	r := &Registry{callers: make(map[string]Caller, len(callers))}
	var errs []error
	for _, c := range callers {
		p := c.Describe()
		if err := p.Validate(); err != nil {
			errs = append(errs, err)
		}
		if _, dup := r.callers[p.Slug]; dup {
			errs = append(errs, fmt.Errorf("two providers are called %s", p.Slug))
		}
		r.callers[p.Slug] = c
	}
	return r, errors.Join(errs...)
}

// WithPrices returns the registry with prices of the installation's own, in milli-credits per accepted answer, in place of the
// providers' default ones.
func (r *Registry) WithPrices(prices map[string]kernel.Credits) (*Registry, error) {
	for slug, price := range prices {
		if err := r.knows(slug); err != nil {
			return nil, err
		}
		if price < 0 {
			return nil, fmt.Errorf("the price of %s is negative", slug)
		}
	}
	return &Registry{callers: r.callers, searches: r.searches, prices: prices, limits: r.limits}, nil
}

// WithLimits returns the registry with limits of the installation's own.
func (r *Registry) WithLimits(limits map[string]OwnLimits) (*Registry, error) {
	for slug := range limits {
		if err := r.knows(slug); err != nil {
			return nil, err
		}
	}
	return &Registry{callers: r.callers, searches: r.searches, prices: r.prices, limits: limits}, nil
}

func (r *Registry) knows(slug string) error {
	if _, ok := r.callers[slug]; !ok {
		return fmt.Errorf("there is no provider %q; there are %s", slug, strings.Join(slices.Sorted(maps.Keys(r.callers)), ", "))
	}
	return nil
}

func (r *Registry) describe(c Caller) Provider {
	p := c.Describe()
	if price, ok := r.prices[p.Slug]; ok {
		p.Price = price
	}
	if own, ok := r.limits[p.Slug]; ok {
		p.Ceiling = RateLimits{} // the installation's own limits are its ceiling
		p.Limits.Concurrency = own.Concurrency
		if own.PerSecond != nil {
			p.Limits.PerSecond = *own.PerSecond
		}
	}
	return p
}

// Caller returns the provider with the slug.
func (r *Registry) Caller(slug string) (Caller, bool) {
	c, ok := r.callers[slug]
	return c, ok
}

// Provider implements Catalogue.
func (r *Registry) Provider(slug string) (Provider, bool) {
	c, ok := r.callers[slug]
	if !ok {
		return Provider{}, false
	}
	return r.describe(c), true
}

// CheckConfig implements Catalogue. A provider without a config takes none.
func (r *Registry) CheckConfig(slug string, config json.RawMessage) ([]Field, error) {
	c, ok := r.callers[slug]
	if !ok {
		return nil, fmt.Errorf("there is no provider %q", slug)
	}
	if conf, ok := c.(Configurable); ok {
		return conf.CheckConfig(config)
	}
	if s := bytes.TrimSpace(config); len(s) > 0 && !bytes.Equal(s, []byte("null")) && !bytes.Equal(s, []byte("{}")) {
		return nil, fmt.Errorf("%s takes no config", slug)
	}
	return c.Describe().Outputs, nil
}

// Charges implements Charges: what the step's provider says of its config.
func (r *Registry) Charges(s Step) (RecordCost, Budgets, bool) {
	c, _ := r.Caller(s.Provider)
	m, ok := c.(Metered)
	if !ok {
		return RecordCost{}, Budgets{}, false
	}
	return m.CostOf(s.Config), m.BudgetOf(s.Config), true
}

// Destination is the address that a step with the config sends a credential of the hosts to; empty for none.
func (r *Registry) Destination(slug string, config json.RawMessage, hosts []string) string {
	if d, ok := r.callers[slug].(Directed); ok {
		return d.Destination(config, hosts)
	}
	return ""
}

// FurtherDestination is Destination of the further credential for the use.
func (r *Registry) FurtherDestination(slug, use string, config json.RawMessage, hosts []string) string {
	if d, ok := r.callers[slug].(FurtherDirected); ok {
		return d.FurtherDestination(use, config, hosts)
	}
	return ""
}

// Kind is the kind of credential of a provider or vendor, given by the slug of either; false if neither takes one. That of a provider
// which takes a credential of its own has no hosts.
func (r *Registry) Kind(name string) (CredentialKind, bool) {
	for _, p := range r.Providers() {
		if p.Credential != nil && (p.Credential.Kind == name || p.Slug == name) {
			return *p.Credential, true
		}
	}
	p, ok := r.Provider(name)
	if !ok || p.Auth == AuthNone {
		return CredentialKind{}, false
	}
	return CredentialKind{Kind: p.Slug, Name: p.Name}, true
}

// Prove tries a credential of the kind without cost. It answers ok false where no provider of the kind can.
func (r *Registry) Prove(ctx context.Context, kind string, secret map[string]string, hosts []string) (says string, ok bool, err error) {
	for _, p := range r.Providers() {
		prover, can := r.callers[p.Slug].(Prover)
		if !can || p.CredentialName() != kind {
			continue
		}
		says, err = prover.Prove(ctx, secret, hosts)
		return says, true, err
	}
	return "", false, nil
}

// Providers lists the descriptions by category and name, those that new customers can't have last.
func (r *Registry) Providers() []Provider {
	out := make([]Provider, 0, len(r.callers))
	for _, c := range r.callers {
		out = append(out, r.describe(c))
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Legacy != out[j].Legacy {
			return out[j].Legacy
		}
		if out[i].Category != out[j].Category {
			return out[i].Category < out[j].Category
		}
		return out[i].Name < out[j].Name
	})
	return out
}
