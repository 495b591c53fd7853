// Package imprint finds what a company must say of itself on its own site, in the imprint, the legal notice or the foot of a page: its
// legal name, postal address, numbers in registers and for tax, phone, employees. A number whose check digits are wrong is none.
package imprint

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"github.com/morket/morket/adapters/scrape/extract"
	"github.com/morket/morket/domain/scrape"
)

// maxFinds bounds how many places of a text are looked at for one fact.
const maxFinds = 50

// Facts are what was found; empty where nothing was.
type Facts struct {
	Name, Street, Postal, City, Country, Address, Phone, Email, Tax, Registration, Register, Employees, Founded string
}

// Find reads a page's text, a line for each block. country is that of the site where that is known, as ISO 3166 has it.
func Find(text, country string) Facts {
	lines := strings.Split(text, "\n")
	var f Facts
	var of string
	f.Tax = taxNumber(text)
	f.Registration, f.Register, of = registration(text)
	if of == "" && len(f.Tax) > 1 {
		of = strings.Replace(f.Tax[:2], "EL", "GR", 1)
	}
	if of == "" {
		of = named(text)
	}
	if of == "" {
		of = country
	}
	f.place(findPlace(lines, of))
	if f.Country == "" {
		f.Country = of
	}
	f.Name = legalName(lines)
	f.Phone = phone(text, f.Country)
	f.Employees = first(employees, text)
	f.Founded = first(founded, text)
	return f
}

func (f *Facts) place(p place) {
	f.Street, f.Postal, f.City, f.Country = p.street, p.postal, p.city, strings.Replace(p.country, "EL", "GR", 1)
	if p.city != "" {
		f.Address = p.text()
	}
}

// countries are names of countries as they end an address.
var countries = []struct { //nolint:gochecknoglobals // a constant table
	code string
	name *regexp.Regexp
}{
	{"DE", regexp.MustCompile(`(?m)(?:^|[,\s])(?:Deutschland|Germany|Allemagne)\s*$`)},
	{"AT", regexp.MustCompile(`(?m)(?:^|[,\s])(?:Österreich|Austria)\s*$`)},
	{"CH", regexp.MustCompile(`(?m)(?:^|[,\s])(?:Schweiz|Switzerland|Suisse|Svizzera)\s*$`)},
	{"FR", regexp.MustCompile(`(?m)(?:^|[,\s])(?:France|FRANCE)\s*$`)},
	{"IT", regexp.MustCompile(`(?m)(?:^|[,\s])(?:Italia|Italy)\s*$`)},
	{"ES", regexp.MustCompile(`(?m)(?:^|[,\s])(?:España|Spain)\s*$`)},
	{"DK", regexp.MustCompile(`(?m)(?:^|[,\s])(?:Danmark|Denmark)\s*$`)},
	{"SE", regexp.MustCompile(`(?m)(?:^|[,\s])(?:Sverige|Sweden)\s*$`)},
	{"NO", regexp.MustCompile(`(?m)(?:^|[,\s])(?:Norge|Norway)\s*$`)},
	{"FI", regexp.MustCompile(`(?m)(?:^|[,\s])(?:Suomi|Finland)\s*$`)},
	{"BE", regexp.MustCompile(`(?m)(?:^|[,\s])(?:België|Belgique|Belgium)\s*$`)},
}

// named is the first country that stands at the end of a line.
func named(text string) string {
	code, at := "", len(text)
	for _, c := range countries {
		if m := c.name.FindStringIndex(text); m != nil && m[0] < at {
			code, at = c.code, m[0]
		}
	}
	return code
}

// legal are the legal forms that end the names of companies.
var legal = regexp.MustCompile(
	`(?:^|[\s(])(GmbH(?: ?& ?Co\.? ?(?:KGaA|KG|OHG))?|gGmbH|mbH|UG(?: \(haftungsbeschränkt\))?|AG(?: ?& ?Co\.? ?(?:KGaA|KG))?|` +
		`SE(?: ?& ?Co\.? ?(?:KGaA|KG))?|KGaA|KG|OHG|e\.? ?K\.|eG|e\. ?V\.|Ltd\.?|Limited|LIMITED|PLC|plc|p\.l\.c\.|LLP|LLC|L\.L\.C\.|Inc\.?|` +
		`Incorporated|Corp\.?(?: Ltd\.?)?|Corporation(?: Limited)?|SAS|S\.A\.S\.|SASU|SARL|S\.à ?r\.l\.|Sàrl|EURL|SA|S\.A\.|SCA|SpA|S\.p\.A\.|` +
		`S\.P\.A\.|Srl|S\.r\.l\.|S\.R\.L\.|SL|S\.L\.|S\.L\.U\.|SLU|S\.A\.U\.|B\.V\.|BV|N\.V\.|NV|AB|A/S|ApS|ASA|AS|Oyj|Oy|Sp\. z o\.o\.|` +
		`sp\. z o\.o\.|S\.A|s\.r\.o\.|a\.s\.|Kft\.|Zrt\.|d\.o\.o\.|d\.d\.|Pty\.? Ltd\.?|Pty Limited|Lda\.?|Ltda\.?|S/A)(?:$|[\s,;.|)–-])`)

var nameForm = regexp.MustCompile(`^[\p{Lu}\d«"“][\p{L}\d&.,'’+!/ «»"“”()-]{0,90}$`)

const (
	maxName  = 100
	maxWords = 9
)

// notName are words with which a line with a legal form begins that is a sentence.
var notName = regexp.MustCompile(`(?i)^(?:the |this |these |all |by |if |we |our |sitz|vertreten|geschäftsführ|hosting|hébergeur|host|` +
	`datenschutz|responsible|verantwortlich|bei |für |in |copyright|registergericht|amtsgericht|handelsregister|director|publish|` +
	`komplementär|persönlich haftend|bank|iban)`)

// legalName is the first name with a legal form that stands alone on a line or begins one.
func legalName(lines []string) string {
	for i, line := range lines {
		if i >= maxLines {
			break
		}
		line = strings.TrimSpace(owner.ReplaceAllString(line, ""))
		at := legal.FindStringSubmatchIndex(line)
		if at == nil || at[2] < 2 || notName.MatchString(line) {
			continue
		}
		name := line[:at[3]]
		if len(name) <= maxName && nameForm.MatchString(name) && strings.Count(name, " ") < maxWords {
			return name
		}
	}
	return ""
}

// owner is what stands before a company's name on its line.
var owner = regexp.MustCompile(
	`^(?i:©|copyright|\(c\)|\d{4}(?: ?[-–] ?\d{4})?|impressum|imprint|betreiber|anbieter(?:in)?|herausgeber(?:in)?|verantwortlich|` +
		`company(?: name)?|name|firma|éditeur(?: du site)?|raison sociale|dénomination(?: sociale)?|denominazione|ragione sociale|` +
		`razón social|titular|owner|publisher|seller|unternehmen|legal name|registered name|angaben gemäß § \d+ (?:tmg|ddg)|[ :.,|]|by )+`)

var phoneForm = regexp.MustCompile(`(?i)(?:\b(?:tel|telefon|telephone|phone|téléphone|tél|telefone|teléfono|telefono|telefoon|puhelin|` +
	`puh|tlf|tlf\.nr|fon|call us|switchboard|zentrale|t|p)\b[.: (]{0,3}[^0-9+(\n]{0,15})((?:\(?\+|00|\(?0|\()?[\d][\d  ()/.–-]{5,24}\d)`)

// phone is the first number behind a word that says so, as E.164.
func phone(text, country string) string {
	for _, m := range phoneForm.FindAllStringSubmatch(text, maxFinds) {
		if p := extract.Phone(strings.ReplaceAll(m[1], "(0)", ""), country); p != "" {
			return p
		}
	}
	return ""
}

var (
	employees = regexp.MustCompile(`(?i)(?:^|\b)(?:over|more than|around|about|approximately|some|with|team of|rund|über|mehr als|etwa|` +
		`circa|ca\.|mit|plus de|environ|más de|oltre|meer dan|ruim|mer än|omkring)?\s*(\d{1,3}(?:[.,' ’ ]\d{3})+|\d{2,6})\+? (?:employees|` +
		`mitarbeiter(?:innen|\*innen|:innen)?(?: und mitarbeiter)?|mitarbeitende[n]?|collaborateurs|salariés|empleados|dipendenti|` +
		`collaboratori|medewerkers|anställda|ansatte|työntekijää)\b`)
	founded = regexp.MustCompile(`(?i)\b(?:founded|established|gegründet|gegründet im jahr|fondée?|fundada|fondata|opgericht|grundat|` +
		`stiftet|grundlagt)(?: in| im jahr| im jahre| en| nel| år| i)? (1[5-9]\d{2}|20[0-2]\d)\b`)
)

func first(re *regexp.Regexp, text string) string {
	m := re.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return digits(m[1])
}

// Extractor implements extract.Extractor.
type Extractor struct{}

// Target implements extract.Extractor.
func (Extractor) Target() scrape.Target { return scrape.TargetImprint }

// Version implements extract.Extractor.
func (Extractor) Version() int { return 1 }

// Fields implements extract.Extractor.
func (Extractor) Fields() []string {
	return []string{
		"legal_name", "street", "postal_code", "city", "country", "address", "phone", "email", "vat_id",
		"registration_number", "register", "employees",
		"founded", "url", "legal_pages",
	}
}

// Extract implements extract.Extractor.
func (Extractor) Extract(d *extract.Document) (map[string]any, []string) {
	text := extract.TextOf(d.Find("body").First(), true)
	f := Find(text, countryOfHost(d.URL))
	linked(d, &f)
	out := map[string]any{
		"legal_name": f.Name, "street": f.Street, "postal_code": f.Postal, "city": f.City, "country": f.Country, "address": f.Address,
		"phone": f.Phone, "email": email(d), "vat_id": f.Tax, "registration_number": f.Registration, "register": f.Register,
		"url": extract.Address(d.URL), "legal_pages": legalPages(d),
	}
	if f.Employees != "" {
		out["employees"] = float64(number(f.Employees))
	}
	if f.Founded != "" {
		out["founded"] = float64(number(f.Founded))
	}
	return out, nil
}

// linked takes what the page's JSON-LD says of the organisation: it is meant to be read by programs, so it comes before what was found.
func linked(d *extract.Document, f *Facts) {
	org := d.Typed("Organization", "Corporation", "LocalBusiness")
	if org == nil {
		return
	}
	if name := extract.First(org["legalName"]); name != "" {
		f.Name = name
	}
	if v := compact(strings.ToUpper(extract.First(org["vatID"]))); len(v) > 2 && isTax(v[:2], v[2:]) {
		f.Tax = v
	}
	if n := count(org["numberOfEmployees"]); n > 0 {
		f.Employees = strconv.Itoa(n)
	}
	if when := extract.First(org["foundingDate"]); len(when) >= 4 && digits(when[:4]) == when[:4] {
		f.Founded = when[:4]
	}
	if p := extract.Object(org["address"]); p != nil && extract.First(p["streetAddress"]) != "" {
		at := place{
			extract.First(p["streetAddress"]), extract.First(p["postalCode"]), extract.First(p["addressLocality"]),
			strings.ToUpper(extract.First(p["addressCountry"], "name")),
		}
		if len(at.country) != 2 {
			at.country = f.Country
		}
		f.place(at)
	}
	if phone := extract.Phone(extract.First(org["telephone"]), f.Country); phone != "" {
		f.Phone = phone
	}
}

const mostEmployees = 10_000_000

// count reads a number, or the value or least value of schema.org's QuantitativeValue.
func count(v any) int {
	if node := extract.Object(v); node != nil {
		if v = node["value"]; v == nil {
			v = node["minValue"]
		}
	}
	n, err := strconv.Atoi(strings.TrimSpace(fmt.Sprint(v)))
	if err != nil || n > mostEmployees {
		return 0
	}
	return n
}

// email is the first address that the page links to.
func email(d *extract.Document) string {
	return strings.Join(d.Emails(1), "")
}

// countryOfHost is the country of a site's top-level domain, "" for those that are of none.
func countryOfHost(u *url.URL) string {
	host := u.Hostname()
	top := strings.ToUpper(host[strings.LastIndexByte(host, '.')+1:])
	switch {
	case top == "UK":
		return "GB"
	case len(top) != 2 || slices.Contains([]string{"IO", "AI", "CO", "ME", "TV", "EU", "FM", "TO", "LY", "GG", "SH", "SO", "VC"}, top):
		return ""
	}
	return top
}

// legalWords are those of links to the pages where a company must name itself, the best first.
var legalWords = [][]string{ //nolint:gochecknoglobals // a constant table
	{
		"impressum", "imprint", "legal notice", "legal-notice", "mentions légales", "mentions-legales", "mentions_legales",
		"aviso legal", "aviso-legal", "note legali", "note-legali", "colofon", "juridische", "company information", "company-information",
		"juridisk information", "informazioni legali", "dati societari",
	},
	{"contact", "kontakt", "contatti", "contacto", "yhteystiedot", "kontakta"},
	{"legal", "terms", "about", "über uns", "ueber-uns", "qui sommes", "chi siamo", "om oss"},
}

const maxLegalPages = 3

// legalPages are pages of the same site where more may stand, the likeliest first.
func legalPages(d *extract.Document) []string {
	ranked := make([][]string, len(legalWords))
	d.Find("a[href]").Each(func(_ int, s *goquery.Selection) {
		to := d.Link(s.AttrOr("href", ""))
		u, err := url.Parse(to)
		if to == "" || err != nil || !strings.EqualFold(strings.TrimPrefix(u.Hostname(), "www."), strings.TrimPrefix(d.URL.Hostname(), "www.")) ||
			to == extract.Address(d.URL) {
			return
		}
		text := strings.ToLower(extract.Text(s.Text()) + " " + u.Path)
		for rank, words := range legalWords {
			if slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) }) {
				if !slices.Contains(ranked[rank], to) && len(ranked[rank]) < maxLegalPages {
					ranked[rank] = append(ranked[rank], to)
				}
				return
			}
		}
	})
	all := slices.Concat(ranked...)
	return all[:min(len(all), maxLegalPages)]
}
