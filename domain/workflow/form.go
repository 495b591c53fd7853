package workflow

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/invopop/validation"

	"github.com/morket/morket/domain/kernel"
)

// What a config says has a form also where the graph is an unfinished draft, and where the node's kind has no use for it: what is kept has
// been read, and what can't name anything is told where it is written.

// Bounds of a filter's form. What it means is known when its table is.
const (
	maxFilterParts = 200
	maxFilterDepth = 10
)

// zones are the form of time zones as the API's document has it.
func zones() *regexp.Regexp {
	return regexp.MustCompile(`^([A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*)?$`)
}

// form are the checks of each field by itself. Each field of Config has one here.
func (c Config) form(at string) []kernel.Checked {
	field := func(name string, value any, rules ...validation.Rule) kernel.Checked {
		return kernel.Field(at+".config."+name, value, rules...)
	}
	size := len(c.Filter) + len(c.Body)
	for _, v := range c.Set {
		size += len(v)
	}
	columns := kernel.AllIDs[kernel.ColumnID](kernel.PrefixColumn)
	return append(c.callForm(field),
		kernel.Field(at+".config", size, kernel.Holds(size <= MaxConfigBytes, "must have at most %d bytes", MaxConfigBytes)),
		field("table_id", c.TableID, idOrNone(kernel.PrefixTable, c.TableID)),
		field("view_id", c.ViewID, idOrNone(kernel.PrefixView, c.ViewID)),
		field("filter", c.Filter, filterForm()),
		field("on", c.On, kernel.Sized(0, 2, "added, changed or both"), changes()),
		field("columns", c.Columns, kernel.Sized(0, MaxSent, "at most %d columns", MaxSent), columns),
		field("cron", c.Cron, short(c.Cron)),
		field("time_zone", c.TimeZone, short(c.TimeZone), kernel.Holds(zones().MatchString(c.TimeZone), "must be a name such as Europe/Berlin")),
		field("column_id", c.ColumnID, idOrNone(kernel.PrefixColumn, c.ColumnID)),
		field("fields", c.Fields, kernel.Sized(0, MaxFields, "at most %d columns", MaxFields)),
		field("fields", slices.Sorted(maps.Keys(c.Fields)), columns),
		field("fields", slices.Collect(maps.Values(c.Fields)), validation.Each(validation.By(pathForm))),
		field("max_credits_mc", c.MaxCredits, kernel.Holds(c.MaxCredits >= 0, "must not be negative")),
		field("set", c.Set, kernel.Sized(0, MaxSet, "at most %d columns", MaxSet)),
		field("set", slices.Sorted(maps.Keys(c.Set)), columns),
		field("seconds", c.Seconds, kernel.Holds(c.Seconds >= 0, "must not be negative")),
		field("webhook_id", c.WebhookID, idOrNone(kernel.PrefixWebhook, c.WebhookID)),
	)
}

func idOrNone[T ~string](prefix string, id T) validation.Rule {
	return validation.By(func(any) error {
		if id == "" {
			return nil
		}
		return kernel.ParseID(prefix, string(id))
	})
}

func changes() validation.Rule {
	return validation.Each(kernel.OneOf([]Change{Added, Changed}, "must be added or changed"))
}

// plain reports whether the text is one line of at most so many characters.
func plain(s string, most int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, unicode.IsControl)
}

func short(s string) validation.Rule {
	return kernel.Holds(plain(s, MaxName), "must have at most %d characters, on one line", MaxName)
}

// filterForm is a rule that a filter is built as filters are. Its columns are named by ids or names, neither of which is blank.
func filterForm() validation.Rule {
	return validation.By(func(value any) error {
		raw, _ := value.(json.RawMessage)
		if kernel.IsNull(raw) {
			return nil
		}
		deep := false
		kernel.EachSign(raw, func(_ byte, depth int) bool { deep = depth > 2*maxFilterDepth+4; return !deep }) // a group is two brackets
		if deep {
			return fmt.Errorf("the filter is nested more than %d deep", maxFilterDepth)
		}
		parts := 0
		return filterPart(raw, &parts)
	})
}

// condition is a part of a filter: a group of conditions, or one.
type condition struct {
	And    *[]json.RawMessage `json:"and"`
	Or     *[]json.RawMessage `json:"or"`
	Column *string            `json:"column"`
	Op     string             `json:"op"`
	Value  json.RawMessage    `json:"value"`
}

func filterPart(raw json.RawMessage, parts *int) error {
	if *parts++; *parts > maxFilterParts {
		return fmt.Errorf("the filter has more than %d conditions", maxFilterParts)
	}
	var c condition
	read := json.NewDecoder(bytes.NewReader(raw))
	read.DisallowUnknownFields()
	err := read.Decode(&c)
	groups := slices.DeleteFunc([]*[]json.RawMessage{c.And, c.Or}, func(g *[]json.RawMessage) bool { return g == nil })
	switch {
	case err != nil || read.More() || len(groups) > 1 || (len(groups) == 1) == (c.Column != nil):
		return errors.New(`write {"and":[…]}, {"or":[…]} or {"column":"col_…","op":"is","value":…}`)
	case c.Column != nil && (strings.TrimSpace(*c.Column) == "" || !plain(*c.Column, MaxName)):
		return fmt.Errorf("%q is not a column's id or name", kernel.Shorten(*c.Column))
	case !plain(c.Op, MaxName):
		return fmt.Errorf("%q is not an operator", kernel.Shorten(c.Op))
	}
	for _, g := range groups {
		for _, part := range *g {
			if err := filterPart(part, parts); err != nil {
				return err
			}
		}
	}
	return nil
}
