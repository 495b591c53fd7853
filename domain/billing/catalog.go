// Package billing is what a workspace has bought and is subscribed to. See README.md for its rules.
package billing

import (
	"fmt"
	"math/big"
	"regexp"

	"github.com/morket/morket/domain/kernel"
)

// PlanID names a plan, for example "starter".
type PlanID string

// PackID names a pack of credits, for example "credits_1000".
type PackID string

// Free is the plan of a workspace without a subscription.
const Free PlanID = "free"

// Plan is what a workspace can be subscribed to, by the month.
type Plan struct {
	ID           PlanID         `json:"id"`
	Name         string         `json:"name"`
	Price        int64          `json:"price_cents" doc:"For a month."`
	Credits      kernel.Credits `json:"credits_mc" doc:"Of a month."`
	TrialDays    int            `json:"trial_days,omitempty" doc:"Of a workspace's first subscription; no card is asked for."`
	TrialCredits kernel.Credits `json:"trial_credits_mc,omitempty"`
}

// Pack is an amount of credits that can be bought once.
type Pack struct {
	ID      PackID         `json:"id"`
	Credits kernel.Credits `json:"credits_mc"`
	Price   int64          `json:"price_cents"`
}

// Catalog is what is sold. Plans are in ascending order, the free one first.
type Catalog struct {
	Currency string `json:"currency" doc:"ISO 4217, lower case; amounts are in its hundredths."`
	Plans    []Plan `json:"plans"`
	Packs    []Pack `json:"packs"`
}

// DefaultCatalog is what is sold unless the installation says otherwise.
func DefaultCatalog() Catalog {
	return Catalog{
		Currency: "usd",
		Plans: []Plan{
			{ID: Free, Name: "Free", Credits: 100 * kernel.Credit},
			{
				ID: "starter", Name: "Starter", Price: 49_00, Credits: 2_000 * kernel.Credit, TrialDays: 14,
				TrialCredits: 500 * kernel.Credit,
			},
			{ID: "pro", Name: "Pro", Price: 199_00, Credits: 10_000 * kernel.Credit},
			{ID: "enterprise", Name: "Enterprise", Price: 499_00, Credits: 50_000 * kernel.Credit},
		},
		Packs: []Pack{
			{ID: "credits_1000", Credits: 1_000 * kernel.Credit, Price: 10_00},
			{ID: "credits_5000", Credits: 5_000 * kernel.Credit, Price: 40_00},
			{ID: "credits_25000", Credits: 25_000 * kernel.Credit, Price: 150_00},
		},
	}
}

const (
	maxEntries  = 20
	maxPrice    = 1_000_000_00                  // of a plan or pack, in cents
	maxCredits  = 1_000_000_000 * kernel.Credit // of a plan or pack
	maxName     = 60
	maxTrial    = 90 // days
	leastCharge = 50 // cents: Stripe takes no smaller payment
)

var (
	idForm       = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)
	currencyForm = regexp.MustCompile(`^[a-z]{3}$`)
)

// Validate says everything that is wrong with the catalog.
func (c Catalog) Validate() error {
	var wrong []kernel.Detail
	fault := func(field, format string, args ...any) {
		wrong = append(wrong, kernel.Detail{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	if !currencyForm.MatchString(c.Currency) {
		fault("currency", "want three lower-case letters, for example usd")
	}
	if len(c.Plans) == 0 || len(c.Plans) > maxEntries || len(c.Packs) > maxEntries {
		fault("plans", "want 1 to %d plans and at most %d packs", maxEntries, maxEntries)
	}
	seen := map[string]bool{}
	entry := func(field, id string, price int64, credits kernel.Credits) {
		if !idForm.MatchString(id) || seen[id] {
			fault(field, "want an id of its own of lower-case letters, digits and _, at most 40")
		}
		seen[id] = true
		if price != 0 && price < leastCharge || price < 0 || price > maxPrice {
			fault(field, "the price is %d; want 0 or %d to %d hundredths", price, leastCharge, maxPrice)
		}
		if credits < 0 || credits > maxCredits {
			fault(field, "the credits are %s; want 0 to %s", credits, maxCredits)
		}
	}
	for i, p := range c.Plans {
		field := fmt.Sprintf("plans[%d]", i)
		entry(field, string(p.ID), p.Price, p.Credits)
		switch {
		case (p.ID == Free) != (i == 0) || (p.Price == 0) != (i == 0):
			fault(field, "the first plan must be free, with the price 0, and no other one")
		case i > 0 && p.Price <= c.Plans[i-1].Price:
			fault(field, "costs no more than the plan before it; want ascending prices")
		}
		if p.Name == "" || len(p.Name) > maxName {
			fault(field, "want a name of at most %d bytes", maxName)
		}
		if p.TrialDays < 0 || p.TrialDays > maxTrial || p.TrialCredits < 0 || p.TrialCredits > maxCredits ||
			p.TrialDays == 0 && p.TrialCredits > 0 {
			fault(field, "want a trial of 0 to %d days, with credits only if there is one", maxTrial)
		}
	}
	for i, p := range c.Packs {
		field := fmt.Sprintf("packs[%d]", i)
		entry(field, string(p.ID), p.Price, p.Credits)
		if p.Price == 0 || p.Credits == 0 {
			fault(field, "want a price and credits")
		}
	}
	return kernel.Faults(wrong)
}

// Plan finds a plan.
func (c Catalog) Plan(id PlanID) (Plan, bool) {
	for _, p := range c.Plans {
		if p.ID == id {
			return p, true
		}
	}
	return Plan{}, false
}

// Pack finds a pack.
func (c Catalog) Pack(id PackID) (Pack, bool) {
	for _, p := range c.Packs {
		if p.ID == id {
			return p, true
		}
	}
	return Pack{}, false
}

// CreditsOf are the credits that an invoice with these lines pays for: a plan's credits in the proportion that the line's amount is of the
// plan's price. Lines of a proration may be negative. The sum is exact, rounded down to a milli-credit, and never negative.
func (c Catalog) CreditsOf(lines []Line) kernel.Credits {
	sum := new(big.Rat)
	for _, l := range lines {
		plan, ok := c.Plan(l.Plan)
		if !ok || l.UnitPrice <= 0 {
			continue
		}
		part := new(big.Rat).SetFrac64(l.Amount, l.UnitPrice)
		sum.Add(sum, part.Mul(part, new(big.Rat).SetInt64(int64(plan.Credits))))
	}
	whole := new(big.Int).Quo(sum.Num(), sum.Denom())
	if whole.Sign() <= 0 || !whole.IsInt64() {
		return 0
	}
	return kernel.Credits(whole.Int64())
}
