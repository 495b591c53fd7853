package websiteprofile

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"github.com/morket/morket/adapters/outbound/providers/answer"
)

// linked is what a page says of itself in JSON-LD (JSON-LD 1.1, schema.org): the organisation it is of, and the site.
type linked struct {
	organisations []map[string]any
	sites         []map[string]any
}

const maxLinkedDepth = 6

// readLinked reads the page's JSON-LD. Of several organisations the first counts, and others under the same id, name or address.
func readLinked(doc *goquery.Document) linked {
	var l linked
	doc.Find("script").EachWithBreak(func(_ int, s *goquery.Selection) bool {
		kind, _ := s.Attr("type")
		if strings.Contains(strings.ToLower(kind), "ld+json") {
			if v, err := answer.Decode(tidy(s.Text())); err == nil {
				l.walk(v, 0)
			}
		}
		return len(l.organisations) < maxList && len(l.sites) < maxList
	})
	return l
}

// tidy takes away what pages put around and into JSON-LD that is not JSON: comments of HTML, and line breaks within texts.
func tidy(s string) []byte {
	s = strings.TrimSpace(s)
	for _, wrap := range [][2]string{{"<!--", "-->"}, {"//<![CDATA[", "//]]>"}, {"/*<![CDATA[*/", "/*]]>*/"}, {"<![CDATA[", "]]>"}} {
		if inner, ok := strings.CutPrefix(s, wrap[0]); ok {
			s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(inner), wrap[1]))
		}
	}
	s = strings.TrimSuffix(s, ";")
	return []byte(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s))
}

func (l *linked) walk(v any, depth int) {
	if depth > maxLinkedDepth {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			l.walk(e, depth+1)
		}
	case map[string]any:
		kinds := typesOf(v)
		if slices.ContainsFunc(kinds, organisational) && len(l.organisations) < maxList {
			l.organisations = append(l.organisations, v)
		}
		if slices.Contains(kinds, "WebSite") && len(l.sites) < maxList {
			l.sites = append(l.sites, v)
		}
		for _, key := range []string{"@graph", "mainEntity", "publisher"} {
			l.walk(v[key], depth+1)
		}
	}
}

// typesOf returns the types of a node without the vocabulary's address.
func typesOf(node map[string]any) []string {
	var out []string
	for _, s := range texts(node["@type"]) {
		out = append(out, s[strings.LastIndexAny(s, "/:#")+1:])
	}
	return out
}

// organisational reports schema.org's Organization and the types below it.
func organisational(kind string) bool {
	for _, end := range []string{"Organization", "Business", "Store", "Service", "Agency", "Company", "Establishment"} {
		if strings.HasSuffix(kind, end) {
			return true
		}
	}
	return slices.Contains([]string{
		"Corporation", "NGO", "Airline", "Consortium", "Cooperative", "CollegeOrUniversity", "School", "Hospital", "Hotel", "Restaurant",
		"Attorney", "Notary", "Dentist", "Physician", "Pharmacy", "BankOrCreditUnion", "RealEstateAgent",
		"AutoDealer", "AutoRepair", "Brand", "LibrarySystem", "MusicGroup", "PerformingGroup", "PoliticalParty", "Project", "SportsTeam",
		"TouristInformationCenter", "ShoppingCenter", "Library", "Bakery", "CafeOrCoffeeShop",
		"Electrician", "Plumber", "GeneralContractor", "Optician", "VeterinaryCare", "ChildCare", "EmergencyService", "AnimalShelter",
		"RecyclingCenter",
	}, kind)
}

// organisation returns the nodes that describe the page's organisation.
func (l *linked) organisation() []map[string]any {
	if len(l.organisations) == 0 {
		return nil
	}
	first := l.organisations[0]
	out := []map[string]any{first}
	for _, o := range l.organisations[1:] {
		if slices.ContainsFunc([]string{"@id", "name", "url"}, func(key string) bool {
			a, b := firstText(o[key]), firstText(first[key])
			return a != "" && strings.EqualFold(strings.TrimSuffix(a, "/"), strings.TrimSuffix(b, "/"))
		}) {
			out = append(out, o)
		}
	}
	return out
}

// texts returns the texts in a value: itself, of a list, of an object with a language (@value), of an object that names an address.
func texts(v any, members ...string) []string {
	switch v := v.(type) {
	case string:
		return []string{v}
	case json.Number:
		return []string{v.String()}
	case []any:
		var out []string
		for _, e := range v[:min(len(v), maxList)] {
			if _, nested := e.([]any); !nested {
				out = append(out, texts(e, members...)...)
			}
		}
		return out
	case map[string]any:
		for _, m := range append([]string{"@value"}, members...) {
			if s, ok := v[m].(string); ok {
				return []string{s}
			}
		}
	}
	return nil
}

func firstText(v any) string {
	if t := texts(v); len(t) > 0 {
		return t[0]
	}
	return ""
}

// all returns the texts of a member in all nodes.
func all(nodes []map[string]any, key string, members ...string) []string {
	var out []string
	for _, n := range nodes {
		out = append(out, texts(n[key], members...)...)
	}
	return out
}

// contacts returns the texts of a member of the nodes and of their contact points.
func contacts(nodes []map[string]any, key string) []string {
	out := all(nodes, key)
	for _, n := range nodes {
		switch points := n["contactPoint"].(type) {
		case map[string]any:
			out = append(out, texts(points[key])...)
		case []any:
			for _, p := range points[:min(len(points), maxList)] {
				if p, ok := p.(map[string]any); ok {
					out = append(out, texts(p[key])...)
				}
			}
		}
	}
	return out
}

// postalAddress is the first address of a node in one line.
func postalAddress(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		for _, e := range v[:min(len(v), maxList)] {
			if _, nested := e.([]any); nested {
				continue
			}
			if a := postalAddress(e); good(a) != "" {
				return a
			}
		}
	case map[string]any:
		var parts []string
		for _, key := range []string{"streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry"} {
			for _, s := range texts(v[key], "name") {
				if s = good(s); s != "" {
					parts = append(parts, s)
					break
				}
			}
		}
		return strings.Join(parts, ", ")
	}
	return ""
}
