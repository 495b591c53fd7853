package imprint

import (
	"fmt"
	"regexp"
	"strings"
)

// scheme is how the companies of a register are numbered.
type scheme struct {
	country  string
	register string
	form     *regexp.Regexp // its first group is the number
	// write writes the number in the register's own form; "" if it is none.
	write func(string) string
	// here says which words of the page make the number one of this register; nil: the form says it.
	here *regexp.Regexp
}

// grouped returns a writer of digits that are checked and written in groups of these lengths.
func grouped(valid func(string) bool, between string, lengths ...int) func(string) string {
	return func(s string) string {
		d, sum := digits(s), 0
		for _, n := range lengths {
			sum += n
		}
		if len(d) != sum || !valid(d) {
			return ""
		}
		parts := make([]string, 0, len(lengths))
		for _, n := range lengths {
			parts, d = append(parts, d[:n]), d[n:]
		}
		return strings.Join(parts, between)
	}
}

func always(string) bool { return true }

// organisation is how the Nordic countries call a company's number.
const organisation = `(?i)\borg(?:anisations?)?\.?[ -]?(?:nr|no|nummer|number|\.nr)\.?[^0-9\n]{0,10}`

// schemes are the registers that are known. Where several could be meant, the first that finds a number counts.
var schemes = []scheme{ //nolint:gochecknoglobals // a constant table
	{
		"CH", "UID",
		regexp.MustCompile(`\b(CHE[- ]?\d{3}\.? ?\d{3}\.? ?\d{3})\b`),
		func(s string) string {
			n := grouped(swiss, ".", 3, 3, 3)(s)
			if n == "" {
				return ""
			}
			return "CHE-" + n
		}, nil,
	},
	{
		"AT", "Firmenbuch",
		regexp.MustCompile(`\b(?:FN|Firmenbuch(?:nummer|nr\.?)?)[ :.-]{0,3}(?:FN[ :.]{0,2})?(\d{2,6} ?[a-z])\b`),
		func(s string) string {
			return "FN " + strings.ReplaceAll(s, " ", "")
		}, nil,
	},
	{
		"FR", "SIREN",
		regexp.MustCompile(`(?i)\b(?:siren|siret|r\.?c\.?s\.?)\b[^0-9\n]{0,40}((?:\d[  .]?){8}\d(?:[  .]?\d{5}|[  .]?\d{3}[  .]?\d{2})?)`),
		func(s string) string {
			d := digits(s)
			if len(d) < 9 || !luhn(d[:9]) {
				return ""
			}
			return grouped(luhn, " ", 3, 3, 3)(d[:9])
		}, nil,
	},
	{
		"FR", "SIREN",
		regexp.MustCompile(`\b((?:\d[  .]?){8}\d) (?:au )?R\.?C\.?S\b`),
		grouped(luhn, " ", 3, 3, 3), nil,
	},
	{
		"NL", "KvK",
		regexp.MustCompile(
			`(?i)\b(?:kvk|k\.v\.k\.|kamer van koophandel|chamber of commerce)[^0-9\n]{0,30}(\d{8}|\d{2}\.\d{3}\.\d{3}|\d{4} \d{4})\b`),
		grouped(always, "", 8), nil,
	},
	{
		"BE", "KBO/BCE",
		regexp.MustCompile(`(?i)\b(?:kbo|bce|rpr|rpm|ondernemingsnummer|num[eé]ro d['’]entreprise|entreprise n°|` +
			`company number)[^0-9\n]{0,25}([01]\d{3}[. ]\d{3}[. ]\d{3})\b`),
		grouped(belgian, ".", 4, 3, 3), nil,
	},
	{
		"DK", "CVR",
		regexp.MustCompile(`(?i)\bcvr[^0-9\n]{0,12}((?:\d ?){7}\d)\b`),
		grouped(danish, "", 8), nil,
	},
	{
		"FI", "Y-tunnus",
		regexp.MustCompile(`(?i)\b(?:y-tunnus|business id|fo-nummer)[^0-9\n]{0,8}(\d{7}-\d)\b`),
		grouped(finnish, "-", 7, 1), nil,
	},
	{"SE", "Bolagsverket", regexp.MustCompile(organisation + `([2-9]\d{5}-?\d{4})\b`), grouped(luhn, "-", 6, 4), nil},
	{
		"NO", "Brønnøysundregistrene", regexp.MustCompile(organisation + `(?:NO )?([89]\d{2}[  ]?\d{3}[  ]?\d{3})\b`),
		grouped(norwegian, " ", 3, 3, 3), nil,
	},
	{
		"CZ", "IČO",
		regexp.MustCompile(`(?i)(?:\bIČO?|\bICO?)\b[ :.]{1,3}(\d{3} ?\d{2} ?\d{3}|\d{8})\b`),
		grouped(czech, "", 8), nil,
	},
	{"PL", "KRS", regexp.MustCompile(`\bKRS[^0-9\n]{0,12}(\d{10})\b`), grouped(always, "", 10), nil},
	{
		"IT", "REA",
		regexp.MustCompile(`\bR\.?E\.?A\.?[^A-Z0-9\n]{0,4}(?:n\.? ?|di )?([A-Z]{2}[ -–]{1,3}\d{4,7})\b`),
		func(s string) string {
			return s[:2] + "-" + digits(s)
		}, nil,
	},
	{
		"AU", "ABN",
		regexp.MustCompile(`\bABN[^0-9\n]{0,4}(\d{2} ?\d{3} ?\d{3} ?\d{3})\b`),
		grouped(func(s string) bool {
			return (weighed(s, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)-10)%89 == 0
		}, " ", 2, 3, 3, 3), nil,
	},
	{
		"BR", "CNPJ",
		regexp.MustCompile(`(?i)\bcnpj[^0-9\n]{0,8}(\d{2}\.?\d{3}\.?\d{3}/?\d{4}-?\d{2})\b`),
		func(s string) string {
			d := digits(s)
			check := func(n int, weights ...int) bool {
				rest := weighed(d, weights...) % 11
				return int(d[n]-'0') == map[bool]int{true: 0, false: 11 - rest}[rest < 2]
			}
			if !check(12, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2) || !check(13, 6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2) {
				return ""
			}
			return fmt.Sprintf("%s.%s.%s/%s-%s", d[:2], d[2:5], d[5:8], d[8:12], d[12:])
		}, nil,
	},
	{
		"IN", "CIN",
		regexp.MustCompile(`\b([LU]\d{5}[A-Z]{2}(?:18|19|20)\d{2}[A-Z]{3}\d{6})\b`),
		func(s string) string { return s }, nil,
	},
	{
		"GB", "Companies House",
		regexp.MustCompile(`(?i)\b(?:company|registration|registered|reg(?:istered)?\.?) ?(?:registration |registered |reg\.? )?(?:no|number|` +
			`nr)\b\.?[^0-9a-z\n]{0,4}(?:is |in england (?:and|&) wales )?((?:SC|NI|OC|SO)?\d{5,8})\b`),
		british,
		regexp.MustCompile(`(?i)\b(?:england|wales|scotland|northern ireland|united kingdom|london)\b`),
	},
	{
		"GB", "Companies House",
		regexp.MustCompile(
			`(?i)\bregistered in (?:england(?: (?:and|&) wales)?|scotland|northern ireland)[^0-9\n]{0,40}?((?:SC|NI|OC|SO)?\d{6,8})\b`),
		british, nil,
	},
	{
		"IE", "CRO",
		regexp.MustCompile(
			`(?i)\b(?:company|registration|registered) ?(?:registration |in ireland )?(?:no|number)\b\.?[^0-9a-z\n]{0,4}(\d{5,6})\b`),
		func(s string) string { return s },
		regexp.MustCompile(`(?i)\bireland\b`),
	},
	{
		"DE", "",
		regexp.MustCompile(`\b(HR ?[AB](?:[ :.-]{0,3}(?:Nr\.?|Nummer)?[ :.]{0,2})\d{2,6}(?: ?[A-Z]{1,2}\b)?)`),
		german, nil,
	},
}

func british(s string) string {
	s = strings.ToUpper(s)
	letters := strings.TrimRight(s, "0123456789")
	for len(s) < 8 {
		s = letters + "0" + strings.TrimPrefix(s, letters)
	}
	return s
}

func german(s string) string {
	s = strings.ReplaceAll(s, "HR ", "HR")
	rest := strings.TrimPrefix(s[3:], ":")
	d := digits(rest)
	out := s[:3] + " " + d
	if suffix := strings.TrimSpace(rest[strings.LastIndexAny(rest, "0123456789")+1:]); suffix != "" {
		out += " " + suffix
	}
	return out
}

var court = regexp.MustCompile(`(?:Amtsgericht|Registergericht|` +
	`AG|Handelsregister(?: des Amtsgerichts| beim Amtsgericht| B des Amtsgerichts| am Amtsgericht| Amtsgericht)?)[: ]{1,3}(?:ist |` +
	`das )?(?:Amtsgericht |AG )?(\p{Lu}[\p{L}.-]+(?: (?:am|an der|im|a\.d\.|a\.) ?\p{Lu}?[\p{L}.]*| \p{Lu}[\p{L}-]+| \(\p{Lu}[\p{L}]+\))?)`)

// registration finds the company's number in a register, and which register that is.
func registration(text string) (number, register, country string) {
	for _, s := range schemes {
		if s.here != nil && !s.here.MatchString(text) {
			continue
		}
		for _, m := range s.form.FindAllStringSubmatch(text, maxFinds) {
			n := s.write(m[1])
			if n == "" {
				continue
			}
			if s.country == "DE" {
				return n, germanCourt(text), s.country
			}
			return n, s.register, s.country
		}
	}
	return "", "", ""
}

// germanCourt is the court that has the register.
func germanCourt(text string) string {
	for _, m := range court.FindAllStringSubmatch(text, maxFinds) {
		name := strings.TrimSpace(m[1])
		for _, cut := range []string{" HR", " Nr", " Register", " Umsatzsteuer", " USt", " unter", " Handelsregister", " Amtsgericht"} {
			name, _, _ = strings.Cut(name, cut)
		}
		if name != "" && !strings.HasPrefix(name, "HR") && name != "Nr" && name != "Nummer" {
			return "Amtsgericht " + name
		}
	}
	return ""
}
