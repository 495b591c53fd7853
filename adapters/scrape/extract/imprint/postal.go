package imprint

import (
	"regexp"
	"strings"
)

// place is a postal address.
type place struct{ street, postal, city, country string }

// text is the address on one line.
func (p place) text() string {
	town := strings.TrimSpace(p.postal + " " + p.city)
	if p.country == "GB" || p.country == "IE" || p.country == "US" || p.country == "AU" {
		town = strings.TrimSpace(p.city + " " + p.postal)
		if p.country == "US" {
			town = strings.TrimSpace(p.city + ", " + p.postal)
		}
	}
	parts := []string{}
	for _, s := range []string{p.street, town, p.country} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// town is how a line with a postal code and a town looks like; groups postal and city.
type town struct {
	countries string // of which the form is, separated by spaces
	form      *regexp.Regexp
}

const cityName = `(?P<city>\p{Lu}[\p{L}'’.-]+(?: (?:\p{L}[\p{L}'’./-]*|\([\p{L} ]+\)|\d{1,2}(?:e|er)?)){0,4})`

// towns are the forms that are known, the strictest first.
var towns = []town{ //nolint:gochecknoglobals // a constant table
	{"NL", regexp.MustCompile(`(?:^|, ?|\t| [-–|•·] ?)(?:NL[- ])?(?P<postal>[1-9]\d{3} ?[A-Z]{2})[ ,]{1,2}` + cityName)},
	{"GB", regexp.MustCompile(`(?:^|, ?)(?P<city>\p{Lu}[\p{L}'’. -]{1,40}?),? (?P<postal>[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b`)},
	{"GB", regexp.MustCompile(`^(?P<city>)(?P<postal>[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})\b`)},
	{"IE", regexp.MustCompile(
		`(?:^|, ?)(?P<city>\p{Lu}[\p{L}'’. ]{1,30}?(?: \d{1,2})?),? (?P<postal>(?:[AC-FHKNPRTV-Y]\d{2}|D6W) ?[0-9AC-FHKNPRTV-Y]{4})\b`)},
	{"US", regexp.MustCompile(`(?:^|, ?|\t)(?P<city>\p{Lu}[\p{L}'’. -]{1,40}?),? (?P<postal>(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|` +
		`K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]),? \d{5}(?:-\d{4})?)\b`)},
	{"AU", regexp.MustCompile(`(?:^|, ?)(?P<city>\p{Lu}[\p{L} ]{1,30}?),? (?P<postal>(?:NSW|VIC|QLD|SA|WA|TAS|NT|ACT),? \d{4})\b`)},
	{"PL", regexp.MustCompile(`(?:^|, ?|\t)(?:PL[- ])?(?P<postal>\d{2}-\d{3}) ` + cityName)},
	{"PT", regexp.MustCompile(`(?:^|, ?|\t)(?:PT?[- ])?(?P<postal>\d{4}-\d{3}) ` + cityName)},
	{"BR", regexp.MustCompile(`(?P<city>\p{Lu}[\p{L} ]{1,30}?) ?[-/,] ?[A-Z]{2},? (?:CEP:? ?)?(?P<postal>\d{5}-\d{3})\b`)},
	{"SE CZ SK EL", regexp.MustCompile(`(?:^|, ?|\t| [-–|•·] ?)(?:(?:SE?|CZ|SK|GR)[- ])?(?P<postal>\d{3} \d{2}) ` + cityName)},
	{"AT CH DE FR IT ES DK NO BE FI LU SI HR HU", regexp.MustCompile(
		`(?:^|, ?|\t| [-–|•·] ?)(?:(?:D|A|CH|F|I|E|DK|N|NO|B|BE|DE|AT|FR|IT|ES|FIN?|L|LU|SI|HR|H)[- ]{1,3})?(?P<postal>\d{4,5}) ` + cityName)},
}

var (
	streetForm = regexp.MustCompile(`\p{L}.*\d|\d.*\p{L}|(?i)\b(?:postfach|p\.? ?o\.? box|platz|house|building|park)\b`)
	notStreet  = regexp.MustCompile(`(?i)@|https?:|www\.|\b(?:tel|fax|phone|hrb|ust|vat|mail|©|copyright)\b|\d{7}`)
)

const (
	maxStreet = 100
	maxCity   = 40
	maxLine   = 400
	maxLines  = 2000
)

// findPlace finds the first postal address in lines of text. The country is that of the page where the form of the address leaves it open.
func findPlace(lines []string, country string) place {
	for i, line := range lines[:min(len(lines), maxLines)] {
		if len(line) > maxLine {
			continue
		}
		for _, t := range towns {
			in := countryOf(t.countries, country)
			if in == "" {
				continue
			}
			if p := t.in(lines, i); p.street != "" {
				p.country = in
				return p
			}
		}
	}
	return place{}
}

// in reads a line as one with the town; without a street it is none. The street stands before the town or on the line above.
func (t town) in(lines []string, i int) place {
	line := lines[i]
	m := t.form.FindStringSubmatchIndex(line)
	if m == nil {
		return place{}
	}
	p := place{
		postal: part(t.form, line, m, "postal"),
		city:   strings.TrimRight(tidyCity(part(t.form, line, m, "city")), " .,-"),
	}
	above := func(n int) string { return lines[max(0, i-n)] }
	before := withoutLabel(strings.TrimRight(strings.TrimSpace(line[:m[0]]), ",;|–-•· \t"))
	switch {
	case isStreet(before):
		p.street = lastPart(before)
	case before == "" && i > 0 && isStreet(withoutLabel(above(1))):
		p.street = lastPart(withoutLabel(above(1)))
	}
	if p.city != "" || i == 0 {
		return p
	}
	p.city, p.street = strings.Trim(above(1), " ,"), "" // the town on the line above, the street on the one before
	if i > 1 && isStreet(above(2)) && !strings.ContainsAny(p.city, "0123456789") && len(p.city) <= maxCity {
		p.street = lastPart(above(2))
	}
	return p
}

// countryOf is the country whose form it is: the page's own among several.
func countryOf(countries, own string) string {
	if !strings.Contains(countries, " ") {
		return countries
	}
	for c := range strings.FieldsSeq(countries) {
		if c == own || c == "EL" && own == "GR" {
			return c
		}
	}
	return ""
}

func part(re *regexp.Regexp, s string, m []int, name string) string {
	i := re.SubexpIndex(name)
	if i < 0 || m[2*i] < 0 {
		return ""
	}
	return strings.TrimSpace(s[m[2*i]:m[2*i+1]])
}

var afterCity = regexp.MustCompile(`(?i)\s(?:deutschland|germany|österreich|austria|schweiz|switzerland|suisse|france|italia|italy|` +
	`españa|spain|nederland|the netherlands|netherlands|belgium|belgië|belgique|danmark|denmark|sverige|sweden|norge|norway|suomi|finland|` +
	`polska|poland|tel\.?|telefon|phone|fax|email|e-mail|www|hrb|ust-id.*|vat|kvk|registergericht|amtsgericht|siret|siren|rcs|capital|` +
	`au capital|p\.? ?iva|cif|nif|org|cvr|t|e|m)\b.*$`)

// sentence is where a line goes on after a town.
var sentence = regexp.MustCompile(`(\p{L}{4})\. .*$`)

func tidyCity(s string) string {
	return afterCity.ReplaceAllString(sentence.ReplaceAllString(s, "$1"), "")
}

var label = regexp.MustCompile(`(?i)^(?:address|adresse|anschrift|sitz(?: der gesellschaft)?|` +
	`registered office(?: address)?(?: is)?(?: at)?|postal address|visiting address|head office|headquarters|hauptsitz|siège social|siège|` +
	`sede legale|sede|domicilio social|domicilio|bezoekadres|postadres|besöksadress|postadress|our address is)\s*[:：]?\s+`)

func withoutLabel(s string) string { return strings.TrimSpace(label.ReplaceAllString(s+" ", "")) }

func isStreet(s string) bool {
	return s != "" && len(lastPart(s)) <= maxStreet && streetForm.MatchString(lastPart(s)) && !notStreet.MatchString(lastPart(s))
}

// lastPart is the part of a line that is the street: what stands before it, as a company's name, is parted from it by a sign.
func lastPart(s string) string {
	for _, sign := range []string{" | ", " • ", " · ", " – ", " - ", "; ", "\t"} {
		if i := strings.LastIndex(s, sign); i >= 0 {
			s = s[i+len(sign):]
		}
	}
	parts := strings.Split(s, ",")
	if len(parts) > 1 && legal.MatchString(parts[0]) && streetForm.MatchString(strings.Join(parts[1:], ",")) {
		s = strings.Join(parts[1:], ",")
	}
	return strings.TrimSpace(s)
}
