package enrichment

import (
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Limits of a configuration.
const (
	MaxSteps      = 20
	MaxOutputs    = 20
	MaxExpression = 2000 // characters of a condition, pattern or template
	MaxCacheDays  = 365
)

// DefaultCacheDays is how long an answer is reused when the configuration doesn't say.
const DefaultCacheDays = 30

// Config is a column's waterfall: providers asked in order until one gives an answer that passes its validator.
type Config struct {
	Steps []Step `json:"steps" minItems:"1" maxItems:"20"`
	// Outputs put further fields of the accepted answer into other columns.
	Outputs   []Output `json:"outputs,omitempty"`
	Condition string   `json:"condition,omitempty" doc:"The row is asked only where this expression over {{Column}}s is true, for example {{Score}} > 80."`
	CacheDays *int     `json:"cache_days,omitempty" minimum:"0" maximum:"365" doc:"Reuse an answer to the same question younger than this many days, for free. 30 by default, 0 never."`
	AutoRun   bool     `json:"auto_run,omitempty" doc:"Ask by itself for rows that are made and for rows whose inputs change, from now on."`
}

// Days returns how old a reused answer may be, in days.
func (c Config) Days() int {
	if c.CacheDays == nil {
		return DefaultCacheDays
	}
	return *c.CacheDays
}

// Step is one provider of a waterfall.
type Step struct {
	Provider     string              `json:"provider"`
	Inputs       map[string]Input    `json:"inputs,omitempty"`
	Config       json.RawMessage     `json:"config,omitempty"`
	CredentialID kernel.CredentialID `json:"credential_id,omitempty"`
	// Further are the credentials of the provider's further uses.
	Further   map[string]kernel.CredentialID `json:"further_credentials,omitempty" doc:"Credentials for what else the provider uses, by use: a search engine's, for example."`
	Output    string                         `json:"output" doc:"The provider's field that goes into the column."`
	Condition string                         `json:"condition,omitempty" doc:"The step is asked only where this expression is true."`
	Validator *Validator                     `json:"validator,omitempty"`
	// Pace is how the step asks within the provider's ceiling; nil: as the provider does by itself.
	Pace *Pace `json:"pace,omitempty" doc:"How fast the step asks, within the provider's ceiling."`
}

// Pace is how fast a step asks; zero fields leave what the provider has.
type Pace struct {
	PerSecond   int `json:"per_second,omitempty" minimum:"0" doc:"Calls a second."`
	Concurrency int `json:"concurrency,omitempty" minimum:"0" doc:"Calls under way at once."`
	Seconds     int `json:"timeout_seconds,omitempty" minimum:"0" maximum:"120" doc:"How long one call may take; 30 by default."`
}

// Timeout is how long one call may take, 0 for the default.
func (p *Pace) Timeout() time.Duration {
	if p == nil {
		return 0
	}
	return time.Duration(p.Seconds) * time.Second
}

// Input says where a provider's input comes from: exactly one of the three.
type Input struct {
	Column   kernel.ColumnID `json:"column,omitempty" pattern:"^[\\s\\S]*$" doc:"A column's id; of records in the request, the name of a member."`
	Value    *string         `json:"value,omitempty"`
	Template string          `json:"template,omitempty" doc:"Text with {{Column}}s."`
}

// Validator decides whether an answer is accepted. What it does not name it does not check.
type Validator struct {
	Type          string   `json:"type,omitempty" enum:"email,url,phone,domain,number,boolean,date"`
	Pattern       string   `json:"pattern,omitempty" doc:"A regular expression (RE2) that the value must match."`
	MinConfidence *float64 `json:"min_confidence,omitempty" minimum:"0" maximum:"1"`
	Verified      bool     `json:"verified,omitempty" doc:"The answer must be verified: something else than the provider's guess says the same."`
	NotEmpty      bool     `json:"not_empty,omitempty"`
}

// Output puts one field of the accepted answer into a column.
type Output struct {
	Output   string          `json:"output"`
	ColumnID kernel.ColumnID `json:"column_id" pattern:"^[\\s\\S]*$" doc:"A column of the table; a check tells what is none."`
}
