package table

import (
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// DecimalSign is what stands before the fraction of a written number.
type DecimalSign string

// The decimal signs.
const (
	Point DecimalSign = "point"
	Comma DecimalSign = "comma"
)

// DateOrder is the order in which a date's day, month and year are written as numbers.
type DateOrder string

// The orders.
const (
	DayFirst   DateOrder = "dmy"
	MonthFirst DateOrder = "mdy"
	YearFirst  DateOrder = "ymd"
)

// Form says how the text of a column's values is written. It belongs to the column as a whole: one value is never read by
// another form than the next. What is left out has the default: numbers are written with a decimal point; of dates only
// those are read that are one date in every order, such as 2026-03-31, 31 Mar 2026, 31.3.2026 and 31/3/2026; times without a
// zone are in the workspace's.
type Form struct {
	Decimal   DecimalSign `json:"decimal,omitempty" enum:"point,comma" doc:"Decimal sign of written numbers; point if absent."`
	DateOrder DateOrder   `json:"date_order,omitempty" enum:"dmy,mdy,ymd" doc:"Order of written dates; if absent, a date that could be two is refused."`
	Zone      string      `json:"time_zone,omitempty" maxLength:"64" doc:"IANA name of the zone of written times without one; the workspace's if absent."`
}

// check refuses what no form is.
func (f *Form) check() error {
	if f == nil {
		return nil
	}
	switch f.Decimal {
	case "", Point, Comma:
	default:
		return kernel.Invalid("form.decimal", "choose point or comma")
	}
	switch f.DateOrder {
	case "", DayFirst, MonthFirst, YearFirst:
	default:
		return kernel.Invalid("form.date_order", "choose dmy, mdy or ymd")
	}
	if f.Zone != "" {
		if _, err := time.LoadLocation(f.Zone); err != nil || f.Zone == "Local" || len(f.Zone) > 64 {
			return kernel.Invalid("form.time_zone", "is not an IANA time zone; name one such as Europe/Berlin")
		}
	}
	return nil
}

// of returns what of a form matters to a type; nil if nothing does.
func (f *Form) of(t Type) *Form {
	if f == nil {
		return nil
	}
	var out Form
	switch {
	case t.Numeric():
		out.Decimal = f.Decimal
	case t == Date:
		out.DateOrder = f.DateOrder
	case t == DateTime:
		out.DateOrder, out.Zone = f.DateOrder, f.Zone
	}
	if out == (Form{}) {
		return nil
	}
	return &out
}

func (f *Form) decimal() DecimalSign {
	if f == nil || f.Decimal == "" {
		return Point
	}
	return f.Decimal
}

func (f *Form) order() DateOrder {
	if f == nil {
		return ""
	}
	return f.DateOrder
}

// DefaultCurrency is the currency of a currency column that names none.
const DefaultCurrency = "USD"

// CurrencyCode returns the ISO 4217 code of a currency column's amounts.
func (c Column) CurrencyCode() string {
	if c.Format == nil || c.Format.Currency == "" {
		return DefaultCurrency
	}
	return strings.ToUpper(c.Format.Currency)
}
