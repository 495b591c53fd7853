package enrichment

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Micros is an amount of money in millionths of a US dollar, on the bill of a vendor that charges by use. It is no credit.
type Micros int64

// String writes the amount in dollars with at least two decimals, for example "0.0125".
func (m Micros) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	const unit = 1_000_000
	fraction := strings.TrimRight(fmt.Sprintf("%06d", m%unit), "0")
	for len(fraction) < 2 {
		fraction += "0"
	}
	return fmt.Sprintf("%s%d.%s", sign, m/unit, fraction)
}

// Bill is what calls cost on the workspace's own bill with a vendor that charges by use.
type Bill struct {
	Cost      Micros `json:"cost_usd_micros,omitempty"`
	TokensIn  int64  `json:"tokens_in,omitempty"`  // of a model: of its questions
	TokensOut int64  `json:"tokens_out,omitempty"` // of a model: of its answers
}

// Add adds another bill.
func (b *Bill) Add(other Bill) {
	b.Cost += other.Cost
	b.TokensIn += other.TokensIn
	b.TokensOut += other.TokensOut
}

// Budgets are what a step of a metered provider may cost; 0 is no bound.
type Budgets struct {
	Record Micros // one record; the provider refuses a record that could cost more
	Run    Micros // all records of a run; not without Record
}

// Metering names a step of a run's column, whose calls a vendor charges by use.
type Metering struct {
	Column kernel.ColumnID
	Step   int // from 0
}

// MarshalText makes a Metering a key of JSON objects.
func (m Metering) MarshalText() ([]byte, error) {
	return []byte(strconv.Itoa(m.Step) + "/" + string(m.Column)), nil
}

// UnmarshalText reads what MarshalText wrote.
func (m *Metering) UnmarshalText(text []byte) error {
	step, column, _ := strings.Cut(string(text), "/")
	n, err := strconv.Atoi(step)
	m.Column, m.Step = kernel.ColumnID(column), n
	return err
}

// Metered is a Caller whose vendor charges the workspace by use.
type Metered interface {
	// BudgetOf returns what the config lets it cost.
	BudgetOf(config json.RawMessage) Budgets
	// CostOf says what the calls for one record cost, as far as the config tells.
	CostOf(config json.RawMessage) RecordCost
}

// RecordCost is what one record costs on the workspace's own bill with a vendor.
type RecordCost struct {
	Likely, Most Micros
}
