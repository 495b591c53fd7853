package enrichment

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// FieldType is the type of a provider's input or output.
type FieldType string

// The field types. In JSON a list is an array of strings, an object is anything, the rest are strings, numbers and booleans.
const (
	FieldText    FieldType = "text"
	FieldEmail   FieldType = "email"
	FieldURL     FieldType = "url"
	FieldPhone   FieldType = "phone"
	FieldDomain  FieldType = "domain"
	FieldNumber  FieldType = "number"
	FieldBoolean FieldType = "boolean"
	FieldDate    FieldType = "date"
	FieldList    FieldType = "list"
	FieldObject  FieldType = "object"
)

// Field is an input or output of a provider.
type Field struct {
	Name        string    `json:"name"`
	Label       string    `json:"label"`
	Type        FieldType `json:"type"`
	Required    bool      `json:"required,omitempty"` // of an input: without it the provider is not asked
	Description string    `json:"description,omitempty"`
}

// AuthKind says by what a provider knows its paying customer.
type AuthKind string

// The kinds: nothing; a credential from the vault; a credential if the service wants one.
const (
	AuthNone     AuthKind = "none"
	AuthKey      AuthKind = "key"
	AuthOptional AuthKind = "optional"
)

// RateLimits are how often a provider may be asked with one key, all runs together. Zero is no limit.
type RateLimits struct {
	PerSecond   int `json:"per_second,omitempty"`
	PerMinute   int `json:"per_minute,omitempty"`
	PerHour     int `json:"per_hour,omitempty"`
	PerDay      int `json:"per_day,omitempty"`
	Concurrency int `json:"concurrency,omitempty"` // calls under way at once; 0 takes the engine's default
}

// CredentialKind is what the credentials of a vendor are like. Providers of one vendor share its kind.
type CredentialKind struct {
	Kind   string            `json:"kind"` // names the vendor
	Name   string            `json:"name"`
	Fields []CredentialField `json:"fields"`
	// Hosts are those that a credential of the kind is sent to unless it names others.
	Hosts []string `json:"hosts"`
	// How says how a key is got, and URL is the vendor's page for it.
	How string `json:"how"`
	URL string `json:"url"`
	// Provable says that a key can be tried without cost.
	Provable bool `json:"provable,omitempty"`
}

// CredentialField is one value of a credential.
type CredentialField struct {
	Name  string `json:"name"`
	Label string `json:"label"`
}

// FurtherCredential is a credential that a step takes besides its own.
type FurtherCredential struct {
	Use   string   `json:"use"` // what it is for; the name of the config's member that chooses the kind
	Label string   `json:"label"`
	Kinds []string `json:"kinds"` // of credentials that fit
}

// Provider describes a source of answers.
type Provider struct {
	Slug        string         `json:"slug"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Category    string         `json:"category"`
	Inputs      []Field        `json:"inputs"`
	Outputs     []Field        `json:"outputs"`
	Price       kernel.Credits `json:"price_mc"` // per accepted answer
	Auth        AuthKind       `json:"auth" enum:"none,key,optional"`
	// ConfigSchema is the JSON Schema of a step's config; empty if the provider has none.
	ConfigSchema json.RawMessage `json:"config_schema,omitempty"`
	// Idempotent says that asking twice costs and changes nothing more than asking once, so that a question whose answer
	// was lost in a crash may be asked again.
	Idempotent bool       `json:"idempotent"`
	Terms      string     `json:"terms"`
	Limits     RateLimits `json:"limits"`
	// Ceiling is how fast a step may make itself, per second and at once; zero fields are those of Limits.
	Ceiling RateLimits `json:"ceiling,omitzero"`
	// Dynamic providers take the inputs and give the outputs that the step's config names.
	Dynamic bool `json:"dynamic,omitempty"`
	// NoRecord is set where the provider's terms forbid keeping answers for reuse.
	NoRecord bool `json:"no_record,omitempty"`
	// Credential is the kind of credential that a provider of a vendor takes; nil: one of its own, or none.
	Credential *CredentialKind `json:"credential,omitempty"`
	// Further are the credentials of other vendors that a step may take besides its own, each with the config's choice of the vendor.
	Further []FurtherCredential `json:"further,omitempty"`
	// Seconds is how long one call may take by itself; 0 is the engine's default.
	Seconds int `json:"timeout_seconds,omitempty"`
	// Legacy is set where the vendor takes no new customers; such a provider is offered last.
	Legacy bool `json:"legacy,omitempty"`
}

// At returns the limits of a step with the pace.
func (p Provider) At(pace *Pace) RateLimits {
	l := p.Limits
	if pace == nil {
		return l
	}
	if pace.PerSecond > 0 {
		l.PerSecond = pace.PerSecond
	}
	if pace.Concurrency > 0 {
		l.Concurrency = pace.Concurrency
	}
	return l
}

// checkPace says what is wrong with a step's pace, by field.
func (p Provider) checkPace(pace *Pace) map[string]string {
	if pace == nil {
		return nil
	}
	out := map[string]string{}
	const fastest = 1000 // of a provider without limits
	check := func(field string, n, most int) {
		if most == 0 {
			most = fastest
		}
		if n < 0 || n > most {
			out[field] = fmt.Sprintf("must be 1 to %d for %s", most, p.Name)
		}
	}
	check("per_second", pace.PerSecond, max(p.Limits.PerSecond, p.Ceiling.PerSecond))
	check("concurrency", pace.Concurrency, max(p.Limits.Concurrency, p.Ceiling.Concurrency))
	check("timeout_seconds", pace.Seconds, int(LongestTimeout/time.Second))
	return out
}

// CredentialName is what credentials for the provider are stored under.
func (p Provider) CredentialName() string {
	if p.Credential != nil {
		return p.Credential.Kind
	}
	return p.Slug
}

var slugForm = regexp.MustCompile(`^[a-z][a-z0-9_]{1,39}$`)

// Validate checks the description, so that a faulty provider is found when the program starts.
func (p Provider) Validate() error {
	if !slugForm.MatchString(p.Slug) {
		return fmt.Errorf("provider slug %q must be lower-case letters, digits and underscores", p.Slug)
	}
	if p.Name == "" || p.Category == "" || p.Terms == "" {
		return fmt.Errorf("provider %s needs a name, a category and terms", p.Slug)
	}
	if p.Price < 0 {
		return fmt.Errorf("provider %s has a negative price", p.Slug)
	}
	if k := p.Credential; k != nil && (p.Auth == AuthNone || !slugForm.MatchString(k.Kind) || k.Name == "" || len(k.Fields) == 0 ||
		k.How == "") {
		return fmt.Errorf("provider %s: its kind of credential needs a name, fields and how a key is got", p.Slug)
	}
	if !p.Dynamic && len(p.Outputs) == 0 {
		return fmt.Errorf("provider %s has no outputs", p.Slug)
	}
	seen := map[string]bool{}
	for _, f := range p.Outputs {
		if f.Name == "" || seen[f.Name] || !f.Type.valid() {
			return fmt.Errorf("provider %s: output %q is unnamed, double or of an unknown type", p.Slug, f.Name)
		}
		seen[f.Name] = true
	}
	return nil
}

func (t FieldType) valid() bool {
	switch t {
	case FieldText, FieldEmail, FieldURL, FieldPhone, FieldDomain, FieldNumber, FieldBoolean, FieldDate, FieldList, FieldObject:
		return true
	default:
		return false
	}
}

// CheckReply says what is wrong with a reply's outputs: a field that is not one of the outputs, or a value of another type.
// Null and absent fields are fine.
func CheckReply(fields []Field, outputs map[string]any) error {
	types := make(map[string]FieldType, len(fields))
	for _, f := range fields {
		types[f.Name] = f.Type
	}
	for name, v := range outputs {
		t, ok := types[name]
		if !ok {
			return fmt.Errorf("the reply has a field %q that the provider does not declare", name)
		}
		if v == nil {
			continue
		}
		if !t.holds(v) {
			return fmt.Errorf("the reply's %s is a %T, not a %s", name, v, t)
		}
	}
	return nil
}

func (t FieldType) holds(v any) bool {
	switch t {
	case FieldNumber:
		switch v.(type) {
		case float64, int, int64, json.Number:
			return true
		}
		return false
	case FieldBoolean:
		_, ok := v.(bool)
		return ok
	case FieldList:
		switch l := v.(type) {
		case []string:
			return true
		case []any:
			for _, e := range l {
				if _, ok := e.(string); !ok {
					return false
				}
			}
			return true
		}
		return false
	case FieldObject:
		return true
	default:
		_, ok := v.(string)
		return ok
	}
}

// FieldOf finds a field by name.
func FieldOf(fields []Field, name string) (Field, bool) {
	for _, f := range fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// Health is how a provider has been doing lately.
type Health struct {
	State       string  `json:"state" enum:"unknown,ok,degraded,down"`
	SuccessRate float64 `json:"success_rate"`
	P50MS       int64   `json:"p50_ms"`
}

// DefaultTimeout is how long one call of a provider may take.
const DefaultTimeout = 30 * time.Second

// LongestTimeout is how long a step may let one call take.
const LongestTimeout = 2 * time.Minute
