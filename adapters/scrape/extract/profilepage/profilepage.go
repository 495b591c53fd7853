// Package profilepage finds a person on the person's public page: in schema.org's Person, in an h-card (microformats2), else by what the
// page says of itself.
package profilepage

import (
	"net/url"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"github.com/morket/morket/adapters/scrape/extract"
	"github.com/morket/morket/domain/scrape"
)

// Extractor implements extract.Extractor.
type Extractor struct{}

// Target implements extract.Extractor.
func (Extractor) Target() scrape.Target { return scrape.TargetProfile }

// Version implements extract.Extractor.
func (Extractor) Version() int { return 1 }

// Fields implements extract.Extractor.
func (Extractor) Fields() []string {
	return []string{
		"name", "first_name", "last_name", "job_title", "company", "bio", "location", "image", "email", "phone",
		"website", "profiles", "url",
	}
}

// Extract implements extract.Extractor.
func (Extractor) Extract(d *extract.Document) (map[string]any, []string) {
	out := map[string]any{"url": extract.Address(d.URL)}
	var reasons []string
	person := d.Typed("Person")
	if page := d.Typed("ProfilePage"); person == nil && page != nil {
		person = extract.Object(page["mainEntity"])
	}
	card := d.Find(".h-card,.vcard").First()
	switch {
	case person != nil:
		linked(d, person, out)
	case card.Length() > 0:
		carded(d, card, out)
	case d.Meta("og:type") == "profile" || d.Meta("profile:first_name") != "":
		spoken(d, out)
	default:
		spoken(d, out)
		reasons = append(reasons, "the page does not say that it is a person's; what was found is read off its structure")
	}
	set(out, "image", d.Link(d.Meta("og:image")), d.Meta("og:image") != "")
	set(out, "bio", d.Meta("og:description", "description"), true)
	out["profiles"] = profiles(d)
	if out["name"] == nil || out["name"] == "" {
		return nil, []string{"no person was found on the page"}
	}
	return out, reasons
}

// set sets what is not there yet.
func set(out map[string]any, name, value string, known bool) {
	if s, _ := out[name].(string); s == "" && known && value != "" {
		out[name] = value
	}
}

func linked(d *extract.Document, p, out map[string]any) {
	out["name"], out["first_name"], out["last_name"] = extract.First(p["name"]), extract.First(p["givenName"]), extract.First(p["familyName"])
	if out["name"] == "" {
		out["name"] = extract.Text(extract.First(p["givenName"]) + " " + extract.First(p["familyName"]))
	}
	out["job_title"], out["company"], out["bio"] = extract.First(p["jobTitle"],
		"name"), extract.First(p["worksFor"], "name"), extract.First(p["description"])
	out["email"] = strings.ToLower(strings.TrimPrefix(extract.First(p["email"]), "mailto:"))
	place := extract.Place(p["address"])
	if place == nil {
		place = extract.Place(p["homeLocation"])
	}
	var parts []string
	for _, name := range []string{"text", "city", "region", "country"} {
		if s, _ := place[name].(string); s != "" {
			parts = append(parts, s)
		}
	}
	out["location"] = strings.Join(parts, ", ")
	region, _ := place["country"].(string)
	if len(region) != len("DE") {
		region = ""
	}
	out["phone"] = extract.Phone(strings.TrimPrefix(extract.First(p["telephone"]), "tel:"), strings.ToUpper(region))
	if image := extract.First(p["image"], "url", "contentUrl"); image != "" {
		out["image"] = d.Link(image)
	}
	if site := extract.First(p["url"]); site != "" {
		out["website"] = d.Link(site)
	}
}

func carded(d *extract.Document, card *goquery.Selection, out map[string]any) {
	part := func(selectors string) string {
		return extract.Text(extract.TextOf(card.Find(selectors).First(), true))
	}
	out["name"] = part(".p-name,.fn")
	out["first_name"], out["last_name"] = part(".p-given-name,.given-name"), part(".p-family-name,.family-name")
	out["job_title"], out["company"], out["bio"] = part(".p-job-title,.title"), part(".p-org,.org"), part(".p-note,.note")
	out["location"] = part(".p-locality,.locality,.p-adr,.adr,.label")
	if href, ok := card.Find(`a[href^="mailto:" i]`).First().Attr("href"); ok {
		address, _, _ := strings.Cut(href[len("mailto:"):], "?")
		out["email"] = strings.ToLower(extract.Text(address))
	}
	out["phone"] = extract.Phone(part(".p-tel,.tel"), "")
	if href, ok := card.Find("a.u-url,a.url").First().Attr("href"); ok {
		out["website"] = d.Link(href)
	}
	if src, ok := card.Find("img.u-photo,img.photo,img.avatar").First().Attr("src"); ok {
		out["image"] = d.Link(src)
	}
}

// spoken reads what the page says of itself. A title often names the site behind the person.
func spoken(d *extract.Document, out map[string]any) {
	out["first_name"], out["last_name"] = d.Meta("profile:first_name"), d.Meta("profile:last_name")
	name := d.Meta("og:title")
	if name == "" {
		name = extract.Text(extract.TextOf(d.Find("h1").First(), true))
	}
	for _, sign := range []string{" | ", " – ", " - ", " · "} {
		name, _, _ = strings.Cut(name, sign)
	}
	out["name"] = name
}

// networks are where people have profiles.
func networks() []string {
	return []string{
		"linkedin.com", "github.com", "x.com", "twitter.com", "mastodon.social", "bsky.app", "facebook.com",
		"instagram.com", "youtube.com", "medium.com", "gitlab.com", "stackoverflow.com", "xing.com", "orcid.org",
		"threads.net",
	}
}

const maxProfiles = 20

func profiles(d *extract.Document) []string {
	var out []string
	take := func(address string) {
		u, err := url.Parse(address)
		if err != nil || len(out) >= maxProfiles {
			return
		}
		host := strings.TrimPrefix(u.Hostname(), "www.")
		own := strings.TrimPrefix(d.URL.Hostname(), "www.")
		known := slices.ContainsFunc(networks(), func(n string) bool { return host == n || strings.HasSuffix(host, "."+n) })
		if known && host != own && len(u.Path) > 1 && !slices.Contains(out, address) {
			out = append(out, address)
		}
	}
	if p := d.Typed("Person"); p != nil {
		for _, s := range extract.Texts(p["sameAs"]) {
			take(d.Link(s))
		}
	}
	d.Find(`a[rel~="me"][href]`).Each(func(_ int, s *goquery.Selection) { take(d.Link(s.AttrOr("href", ""))) })
	d.Find("main a[href],article a[href],.h-card a[href],.vcard a[href]").Each(func(_ int, s *goquery.Selection) {
		take(d.Link(s.AttrOr("href",
			"")))
	})
	return out
}
