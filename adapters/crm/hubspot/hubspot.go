// Package hubspot is the connector of HubSpot: contacts, companies and deals by its dated paths, or by v3.
package hubspot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

// Slug is the connector's.
const Slug = "hubspot"

// The versions of HubSpot's API. Numbered ones are unsupported from September 2027 on.
const (
	Dated = "2026-09"
	V3    = "v3"
)

// batch is how many records HubSpot takes in a call.
const batch = 100

// The addresses of HubSpot. People allow the access at one, programs ask the other.
const (
	appURL = "https://app.hubspot.com"
	apiURL = "https://api.hubapi.com"
)

// Config is what the connector needs.
type Config struct {
	// HTTP is the client; it should reach public addresses only.
	HTTP *http.Client
	// BaseURL stands in for HubSpot's addresses, on this machine only; empty for HubSpot's own.
	BaseURL string
	// Version is Dated when empty.
	Version string
	Clock   kernel.Clock
}

// Validate says what is wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.HTTP == nil:
		return errors.New("hubspot: an HTTP client is needed")
	case c.Clock == nil:
		return errors.New("hubspot: a clock is needed")
	case c.Version != "" && c.Version != Dated && c.Version != V3:
		return fmt.Errorf("hubspot: the version is %q, but must be %s or %s", c.Version, Dated, V3)
	case c.BaseURL != "":
		if err := crmwire.Loopback(c.BaseURL); err != nil {
			return fmt.Errorf("hubspot: %w", err)
		}
	}
	return nil
}

// Connector asks HubSpot.
type Connector struct {
	wire    *crmwire.Client
	app     string
	api     string
	version string
	clock   kernel.Clock
}

var _ crm.Connector = (*Connector)(nil)

// New makes the connector; nothing is asked yet.
func New(cfg Config) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &Connector{wire: crmwire.New(cfg.HTTP, "HubSpot", cfg.Clock), app: appURL, api: apiURL, version: Dated, clock: cfg.Clock}
	if cfg.BaseURL != "" {
		c.app = strings.TrimSuffix(cfg.BaseURL, "/")
		c.api = c.app
	}
	if cfg.Version != "" {
		c.version = cfg.Version
	}
	return c, nil
}

// Describe implements crm.Connector. Limits are those of an app that is connected by OAuth, and of the smallest plan's day.
func (c *Connector) Describe() crm.Vendor {
	return crm.Vendor{
		Slug: Slug, Name: "HubSpot", Batch: batch,
		Terms: "HubSpot allows an app 110 calls in 10 seconds and 5 searches a second for each account, and 250,000 calls a day on the " +
			"smallest plan. A call reads or writes up to 100 records. Validation rules of the account apply to what is written.",
		Objects: []crm.Object{
			{Slug: contacts, Name: "Contacts", Keys: []crm.Key{{Field: email, Name: "Email", Upserts: true}}},
			{Slug: companies, Name: "Companies", Keys: []crm.Key{
				{Field: "domain", Name: "Company domain name"}, {Field: "name", Name: "Company name"},
			}},
			{Slug: "deals", Name: "Deals", Keys: []crm.Key{{Field: "dealname", Name: "Deal name"}}},
		},
		Limits:  []crm.Limit{{Calls: 110, Window: 10 * time.Second}, {Calls: 250_000, Window: 24 * time.Hour}},
		Changes: []crm.Limit{{Calls: 5, Window: time.Second}}, // of its search
		Lags:    true,                                         // the search's index
	}
}

const (
	contacts  = "contacts"
	companies = "companies"
	email     = "email"
	objectID  = "hs_object_id"
	merged    = "hs_merged_object_ids"
)

// modified is the property with the time of an object's last change.
func modified(object string) string {
	if object == contacts {
		return "lastmodifieddate"
	}
	return "hs_lastmodifieddate"
}

// checked refuses objects that HubSpot doesn't have, and more values than a call may have.
func (c *Connector) checked(object string, values int) error {
	if values > batch {
		return crmwire.Fail(crm.CallInvalid, fmt.Sprintf("a call of HubSpot takes %d records, not %d", batch, values))
	}
	for _, o := range c.Describe().Objects {
		if o.Slug == object {
			return nil
		}
	}
	return crmwire.Fail(crm.CallInvalid, "HubSpot has no object "+kernel.Shorten(object))
}

// path is the address of a part of the API for an object, in the version that is spoken.
func (c *Connector) path(part, object, rest string) string {
	if c.version == V3 {
		return c.api + "/crm/v3/" + part + "/" + url.PathEscape(object) + rest
	}
	return c.api + "/crm/" + part + "/" + c.version + "/" + url.PathEscape(object) + rest
}

// ask makes a call with the grant. An answer that is an error is returned as one, with any status.
func (c *Connector) ask(ctx context.Context, g crm.Grant, r crmwire.Request) (*crmwire.Answer, error) {
	r.Bearer, r.Secrets = g.Access, []string{g.Refresh, g.ClientSecret}
	a, err := c.wire.Do(ctx, r)
	if err != nil {
		return nil, err
	}
	if e := failure(a); e != nil {
		return nil, e
	}
	return a, nil
}
