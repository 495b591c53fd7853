package table

import "slices"

// Found is what a column's text was found to be.
type Found struct {
	Type      Type         `json:"type"` // text, unless every value fits the type
	Form      *Form        `json:"form,omitempty"`
	Currency  string       `json:"currency,omitempty"`  // ISO 4217, of an amount of money
	Decimals  *int         `json:"decimals,omitempty"`  // that every fraction was written with
	Ambiguous []OpenChoice `json:"ambiguous,omitempty"` // what the values leave open; choose before anything is converted
	Values    int64        `json:"values"`              // that are not blank
	Zoneless  int64        `json:"zoneless,omitempty"`  // times without a zone
}

// OpenChoice names what the values of a column leave open.
type OpenChoice string

// The open choices.
const (
	OpenDecimal  OpenChoice = "decimal"
	OpenOrder    OpenChoice = "date_order"
	OpenCurrency OpenChoice = "currency"
)

// Choice is a form in which a column's text can be read as a type, with how many values fit and how many don't.
type Choice struct {
	Form     *Form    `json:"form,omitempty"`
	Currency string   `json:"currency,omitempty"`
	Fits     int64    `json:"fits"`
	Misfits  int64    `json:"misfits"`
	Samples  []string `json:"samples"` // of values that don't fit
}

// Found decides what the column's values are.
func (f *Finder) Found() Found {
	out := Found{Type: Text, Values: f.count}
	switch {
	case f.count == 0:
	case f.isBoolean():
		out.Type = Boolean
	case f.foundDate(&out), f.foundNumber(&out):
	case f.shapes[0] == f.count:
		out.Type = Email
	case f.shapes[1] == f.count:
		out.Type = URL
	case f.shapes[2] == f.count:
		out.Type = Phone
	case f.long:
		out.Type = LongText
	}
	return out
}

// isBoolean takes words of one language for yes and no, of which both occur; true and false may stand alone. Digits and
// crosses alone are no checkboxes unless somebody says so.
func (f *Finder) isBoolean() bool {
	return f.languages != 0 && f.words > 0 && f.yes+f.no == f.count && f.yes > 0 && f.no > 0
}

// foundNumber takes numbers that are amounts, not names: codes with zeros before, identifiers too long to count with, phone
// numbers and versions like 1.10 stay text.
func (f *Finder) foundNumber(out *Found) bool {
	form, open := f.decimal()
	t := &f.numbers[0]
	if form.decimal() == Comma {
		t = &f.numbers[1]
	}
	amounts := t.marked+t.percent+t.grouped+t.signed > 0
	switch {
	case t.fits < f.count, t.padded > 0, t.long > 0, t.mixed:
		return false
	case t.phones == f.count && t.widths[0] == t.widths[1]:
		return false
	case t.trailing > 0 && t.fractions[0] != t.fractions[1] && !amounts:
		return false
	case t.percent > 0 && (t.marked > 0 || t.percent+t.zeros < f.count):
		return false
	}
	out.Type, out.Form = Number, form
	if open {
		out.Ambiguous = append(out.Ambiguous, OpenDecimal)
	}
	if n := t.fractions[1]; t.trailing > 0 && n <= maxDecimals {
		out.Decimals = &n
	}
	switch {
	case t.percent > 0:
		out.Type = Percent
	case t.marked > 0:
		out.Type, out.Currency = Currency, t.currencies[0]
		if len(t.currencies) > 1 && !slices.Contains([]string{"USD", "GBP"}, t.currencies[0]) {
			out.Ambiguous = append(out.Ambiguous, OpenCurrency)
		}
	}
	return true
}

// maxDecimals is how many decimals a format shows at most.
const maxDecimals = 10

// decimal decides the decimal sign: the one that more values fit. It is open when as many fit either and not the same ones, or some
// are another number with the other sign; without a difference it is left out.
func (f *Finder) decimal() (form *Form, open bool) {
	point, comma := f.numbers[0].fits, f.numbers[1].fits
	switch {
	case point > comma:
		return &Form{Decimal: Point}, false
	case comma > point:
		return &Form{Decimal: Comma}, false
	case f.differ > 0 || f.only[0] > 0:
		return nil, true
	default:
		return nil, false
	}
}

// foundDate takes dates and times.
func (f *Finder) foundDate(out *Found) bool {
	form, open := f.order()
	t := &f.dates
	fits := t.orders[0].fits
	if form != nil {
		fits = t.orders[orderIndex(form.DateOrder)].fits
	}
	if fits < f.count || t.loose > 0 || t.compact > 0 && (t.outOfUse > 0 || t.compact < f.count) {
		return false
	}
	out.Type, out.Form, out.Zoneless = Date, form, t.zoneless
	if t.timed > 0 {
		out.Type = DateTime
		out.Zoneless += f.count - t.timed
	}
	if open {
		out.Ambiguous = append(out.Ambiguous, OpenOrder)
	}
	return true
}

func orderIndex(o DateOrder) int {
	return slices.Index([]DateOrder{DayFirst, MonthFirst, YearFirst}, o)
}

// order decides the order of day, month and year: the one that most values fit. It is open when as many fit with the day first as
// with the month first, and not the same ones, or some are another date then. Dates with dots have the day first.
func (f *Finder) order() (form *Form, open bool) {
	t := &f.dates
	dmy, mdy, ymd := t.orders[0].fits, t.orders[1].fits, t.orders[2].fits
	switch {
	case ymd > dmy && ymd > mdy:
		return &Form{DateOrder: YearFirst}, false
	case dmy > mdy:
		return &Form{DateOrder: DayFirst}, false
	case mdy > dmy:
		return &Form{DateOrder: MonthFirst}, false
	case t.differ > 0, t.onlyDay > 0:
		return nil, true
	case t.dottedDiffer > 0:
		return &Form{DateOrder: DayFirst}, false
	default:
		return nil, false
	}
}

// Choices are the forms in which the values can be read as a type, the best one first; none for types whose values have no form.
func (f *Finder) Choices(t Type) []Choice {
	var out []Choice
	switch {
	case t.Numeric():
		for i, sign := range []DecimalSign{Point, Comma} {
			c := f.choice(f.numbers[i].misfits, &Form{Decimal: sign})
			if n := f.numbers[i]; t == Currency && !n.mixed && len(n.currencies) > 0 {
				c.Currency = n.currencies[0]
			}
			out = append(out, c)
		}
	case t == Date || t == DateTime:
		for i, order := range []DateOrder{DayFirst, MonthFirst, YearFirst} {
			out = append(out, f.choice(f.dates.orders[i], &Form{DateOrder: order}))
		}
	}
	slices.SortStableFunc(out, func(a, b Choice) int { return int(a.Misfits - b.Misfits) })
	return out
}

func (f *Finder) choice(m misfits, form *Form) Choice {
	return Choice{Form: form, Fits: m.fits, Misfits: f.count - m.fits, Samples: append([]string{}, m.samples...)}
}

// Decide is the form in which the values are read as a type, and what they leave open of it.
func (f *Finder) Decide(t Type) (form *Form, open []OpenChoice) {
	isOpen := false
	var name OpenChoice
	switch {
	case t.Numeric():
		form, isOpen = f.decimal()
		name = OpenDecimal
	case t == Date || t == DateTime:
		form, isOpen = f.order()
		name = OpenOrder
	}
	if isOpen {
		open = []OpenChoice{name}
	}
	return form, open
}

// DecideTogether lets the columns of one file decide what one of them leaves open: the form that others have and none
// contradicts.
func DecideTogether(columns []*Found) {
	decimals, orders := map[DecimalSign]bool{}, map[DateOrder]bool{}
	for _, c := range columns {
		if c.Form != nil && c.Form.Decimal != "" {
			decimals[c.Form.Decimal] = true
		}
		if c.Form != nil && c.Form.DateOrder != "" && c.Form.DateOrder != YearFirst {
			orders[c.Form.DateOrder] = true
		}
	}
	for _, c := range columns {
		if i := slices.Index(c.Ambiguous, OpenDecimal); i >= 0 && len(decimals) == 1 {
			c.decide(i)
			for c.Form.Decimal = range decimals {
			}
		}
		if i := slices.Index(c.Ambiguous, OpenOrder); i >= 0 && len(orders) == 1 {
			c.decide(i)
			for c.Form.DateOrder = range orders {
			}
		}
	}
}

func (c *Found) decide(i int) {
	c.Ambiguous = slices.Delete(slices.Clone(c.Ambiguous), i, i+1)
	form := Form{}
	if c.Form != nil {
		form = *c.Form
	}
	c.Form = &form
}
