// Package salesforce is the connector of Salesforce: contacts, leads and accounts by its REST API.
package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

// Slug is the connector's.
const Slug = "salesforce"

// Version of Salesforce's API that is spoken when none is configured.
const Version = "v67.0"

// ExternalID is the field by which records are known without doubt when none is configured: an administrator adds it as a text field that
// is an external id and unique.
const ExternalID = "Morket_Id__c"

// batch is how many records Salesforce takes in a call.
const batch = 200

// Config is what the connector needs.
type Config struct {
	// HTTP is the client; it should reach public addresses only.
	HTTP *http.Client
	// BaseURL stands in for Salesforce's addresses, on this machine only; empty for Salesforce's own.
	BaseURL string
	// Version is Version when empty.
	Version string
	// ExternalID is the API name of the external id field; ExternalID when empty.
	ExternalID string
	Clock      kernel.Clock
}

var (
	versions = regexp.MustCompile(`^v[1-9][0-9]{1,2}\.0$`)
	names    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,79}$`)
	ids      = regexp.MustCompile(`^[A-Za-z0-9]{15}([A-Za-z0-9]{3})?$`)
)

// Validate says what is wrong with the configuration.
func (c Config) Validate() error {
	switch {
	case c.HTTP == nil:
		return errors.New("salesforce: an HTTP client is needed")
	case c.Clock == nil:
		return errors.New("salesforce: a clock is needed")
	case c.Version != "" && !versions.MatchString(c.Version):
		return fmt.Errorf("salesforce: the version is %q, but must be like %s", c.Version, Version)
	case c.ExternalID != "" && !names.MatchString(c.ExternalID):
		return fmt.Errorf("salesforce: the external id field is %q, but must be a field's API name", c.ExternalID)
	case c.BaseURL != "":
		if err := crmwire.Loopback(c.BaseURL); err != nil {
			return fmt.Errorf("salesforce: %w", err)
		}
	}
	return nil
}

// Connector asks Salesforce.
type Connector struct {
	wire     *crmwire.Client
	base     string
	version  string
	external string
	clock    kernel.Clock
}

var _ crm.Connector = (*Connector)(nil)

// New makes the connector; nothing is asked yet.
func New(cfg Config) (*Connector, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	c := &Connector{
		wire: crmwire.New(cfg.HTTP, "Salesforce", cfg.Clock), base: strings.TrimSuffix(cfg.BaseURL, "/"), version: Version,
		external: ExternalID, clock: cfg.Clock,
	}
	if cfg.Version != "" {
		c.version = cfg.Version
	}
	if cfg.ExternalID != "" {
		c.external = cfg.ExternalID
	}
	return c, nil
}

const (
	contacts = "contacts"
	accounts = "accounts"
)

// Describe implements crm.Connector. The limit is that of an Enterprise organisation before its licences add to it.
func (c *Connector) Describe() crm.Vendor {
	own := crm.Key{Field: c.external, Name: "External id", Upserts: true}
	mail := crm.Key{Field: "Email", Name: "Email"}
	return crm.Vendor{
		Slug: Slug, Name: "Salesforce", Batch: batch,
		Terms: "Salesforce allows an organisation 100,000 calls in 24 hours and more for each licence, a Developer Edition 15,000. A call " +
			"reads or writes up to 200 records. Records are only matched without doubt by an external id field: add the text field " + c.external +
			" (External ID, Unique) to each object that is written. Duplicate rules of the organisation apply.",
		Objects: []crm.Object{
			{Slug: contacts, Name: "Contacts", Keys: []crm.Key{own, mail}},
			{Slug: "leads", Name: "Leads", Keys: []crm.Key{own, mail}},
			{Slug: accounts, Name: "Accounts", Keys: []crm.Key{own, {Field: "Website", Name: "Website"}, {Field: "Name", Name: "Account name"}}},
		},
		Limits:    []crm.Limit{{Calls: 100_000, Window: 24 * time.Hour}},
		Instances: "sandbox, or the host of your My Domain, such as acme.my.salesforce.com; empty for login.salesforce.com",
	}
}

// sobject is Salesforce's name of an object; an error for one that is not offered, and for more values than a call may have.
func (c *Connector) sobject(object string, values int) (string, error) {
	if values > batch {
		return "", crmwire.Fail(crm.CallInvalid, fmt.Sprintf("a call of Salesforce takes %d records, not %d", batch, values))
	}
	switch object {
	case contacts:
		return "Contact", nil
	case "leads":
		return "Lead", nil
	case accounts:
		return "Account", nil
	default:
		return "", crmwire.Fail(crm.CallInvalid, "Salesforce has no object "+kernel.Shorten(object))
	}
}

// login is where a person signs in: Salesforce's own address, "sandbox", or the organisation's My Domain.
func (c *Connector) login(instance string) (string, error) {
	switch {
	case c.base != "":
		return c.base, nil
	case instance == "":
		return "https://login.salesforce.com", nil
	case instance == "sandbox":
		return "https://test.salesforce.com", nil
	default:
		if !strings.Contains(instance, "://") {
			instance = "https://" + instance
		}
		return c.instance(instance)
	}
}

// instance checks the address of an organisation: tokens are sent to it, so it must be one of Salesforce's. The address of the screens,
// lightning.force.com, has no API.
func (c *Connector) instance(address string) (string, error) {
	address = strings.TrimSuffix(address, "/")
	if c.base != "" {
		if address == c.base {
			return address, nil
		}
		return "", crmwire.Fail(crm.CallInvalid, "the organisation is not at the address that stands in for Salesforce's")
	}
	u, err := url.Parse(address)
	good := err == nil && u.Scheme == "https" && u.User == nil && u.Port() == "" && u.Path == "" && u.RawQuery == "" && u.Fragment == ""
	if !good {
		return "", crmwire.Fail(crm.CallInvalid, "the organisation's address must be like https://example.my.salesforce.com")
	}
	host := strings.ToLower(u.Hostname())
	if strings.HasSuffix(host, ".lightning.force.com") {
		return "", crmwire.Fail(crm.CallInvalid, "an address of lightning.force.com is that of screens; "+
			"give the one of my.salesforce.com, which is in Setup under My Domain")
	}
	for _, domain := range []string{".salesforce.com", ".force.com", ".salesforce.mil", ".cloudforce.com", ".database.com"} {
		if strings.HasSuffix(host, domain) {
			return "https://" + host, nil
		}
	}
	return "", crmwire.Fail(crm.CallInvalid, "the address is not one of Salesforce's; it must be like https://example.my.salesforce.com")
}

// data is the address of a part of the API at the grant's organisation.
func (c *Connector) data(g crm.Grant, rest string) (string, error) {
	at, err := c.instance(g.Instance)
	return at + "/services/data/" + c.version + rest, err
}

// call is a request below the version's address.
type call struct {
	method  string
	path    string
	body    any
	changes bool
}

// ask makes a call with the grant. An answer that is an error is returned as one, beside it.
func (c *Connector) ask(ctx context.Context, g crm.Grant, r call) (*crmwire.Answer, error) {
	at, err := c.data(g, r.path)
	if err != nil {
		return nil, err
	}
	header := map[string]string{}
	if r.changes {
		// Alert rules stop a record as block rules do: no person looks at what is written here, so a duplicate must not slip in.
		header["Sforce-Duplicate-Rule-Header"] = "allowSave=false; includeRecordDetails=true; runAsCurrentUser=true"
	}
	a, err := c.wire.Do(ctx, crmwire.Request{
		Method: r.method, URL: at, Body: r.body, Header: header,
		Bearer: g.Access, Secrets: []string{g.Refresh, g.ClientSecret}, Changes: r.changes,
	})
	if err != nil {
		return nil, err
	}
	if e := failure(a); e != nil {
		return a, e
	}
	return a, nil
}

// collections is the part of the API that takes several records in a call.
const collections = "/composite/sobjects"
