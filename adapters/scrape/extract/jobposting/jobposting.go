// Package jobposting finds a job on the page that advertises it: in schema.org's JobPosting, which job boards need to be listed anywhere,
// else by the structure of the page.
package jobposting

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"github.com/morket/morket/adapters/scrape/extract"
	"github.com/morket/morket/domain/scrape"
)

// Extractor implements extract.Extractor.
type Extractor struct{}

// Target implements extract.Extractor.
func (Extractor) Target() scrape.Target { return scrape.TargetJob }

// Version implements extract.Extractor.
func (Extractor) Version() int { return 1 }

// Fields implements extract.Extractor.
func (Extractor) Fields() []string {
	return []string{
		"title", "company", "company_url", "location", "locations", "remote", "employment_type", "salary_min", "salary_max", "salary_currency",
		"salary_unit", "posted_at", "valid_through", "description", "identifier", "industry", "skills", "url",
	}
}

// Extract implements extract.Extractor.
func (Extractor) Extract(d *extract.Document) (map[string]any, []string) {
	out := map[string]any{"url": extract.Address(d.URL)}
	var reasons []string
	if job := d.Typed("JobPosting"); job != nil {
		linked(d, job, out)
	} else if scope := d.Find(`[itemscope][itemtype*="JobPosting" i]`).First(); scope.Length() > 0 {
		items(scope, out)
	} else if structure(d, out) {
		reasons = append(reasons, "the page does not mark its job up; what was found is read off its structure")
	} else {
		return nil, []string{"no job was found on the page"}
	}
	if text(out, "title") == "" {
		reasons = append(reasons, "the job has no title")
	}
	return out, reasons
}

func text(m map[string]any, name string) string {
	s, _ := m[name].(string)
	return s
}

func linked(d *extract.Document, job, out map[string]any) {
	out["title"] = extract.First(job["title"])
	if text(out, "title") == "" {
		out["title"] = extract.First(job["name"])
	}
	out["company"] = extract.First(job["hiringOrganization"], "name")
	if org := extract.Object(job["hiringOrganization"]); org != nil {
		for _, member := range []string{"sameAs", "url"} {
			if u := d.Link(extract.First(org[member])); u != "" && text(out, "company_url") == "" && extract.First(org[member]) != "" {
				out["company_url"] = u
			}
		}
	}
	places(job, out)
	out["remote"] = strings.Contains(strings.ToUpper(strings.Join(extract.Texts(job["jobLocationType"]), " ")), "TELECOMMUTE")
	out["employment_type"] = kind(extract.Texts(job["employmentType"]))
	salary(job, out)
	out["posted_at"], out["valid_through"] = extract.Date(extract.First(job["datePosted"])), extract.Date(extract.First(job["validThrough"]))
	out["identifier"], out["industry"] = extract.First(job["identifier"], "value", "name"), extract.First(job["industry"], "name")
	out["skills"] = extract.First(job["skills"], "name")
	if s := extract.Texts(job["description"]); len(s) > 0 {
		out["description"] = strip(s[0])
	}
}

// strip makes text of the HTML that descriptions are written in.
func strip(s string) string {
	const most = 64 << 10
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(strings.ToValidUTF8(s[:min(len(s), most)], "")))
	if err != nil {
		return extract.Lines(s)
	}
	body := extract.TextOf(doc.Find("body"), true)
	if strings.Contains(body, "</") { // HTML written as text within HTML
		if inner, err := goquery.NewDocumentFromReader(strings.NewReader(body)); err == nil {
			body = extract.TextOf(inner.Find("body"), true)
		}
	}
	return body
}

func places(job, out map[string]any) {
	list, ok := job["jobLocation"].([]any)
	if !ok {
		list = []any{job["jobLocation"]}
	}
	var all []any
	const most = 20
	for _, v := range list[:min(len(list), most)] {
		if p := extract.Place(v); p != nil {
			all = append(all, p)
		} else if s := extract.First(v); s != "" {
			all = append(all, map[string]any{"text": s})
		}
	}
	if len(all) > 0 {
		out["locations"], out["location"] = all, oneLine(all[0])
	}
}

// oneLine writes a place in one line, from the small to the large.
func oneLine(v any) string {
	p, _ := v.(map[string]any)
	var parts []string
	for _, name := range []string{"text", "city", "region", "country"} {
		if s := text(p, name); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// kind writes schema.org's kinds of employment in one way.
func kind(all []string) string {
	var out []string
	for _, s := range all {
		s = strings.ToLower(strings.NewReplacer("-", "_", " ", "_").Replace(extract.Text(s)))
		if s != "" {
			out = append(out, map[string]string{
				"fulltime":   "full_time",
				"parttime":   "part_time",
				"intern":     "internship",
				"contractor": "contract",
			}[s])
			if out[len(out)-1] == "" {
				out[len(out)-1] = s
			}
		}
	}
	return strings.Join(out, ", ")
}

func salary(job, out map[string]any) {
	base := extract.Object(job["baseSalary"])
	if base == nil {
		return
	}
	out["salary_currency"] = strings.ToUpper(extract.First(base["currency"]))
	value := extract.Object(base["value"])
	if value == nil {
		value = map[string]any{"value": base["value"], "unitText": base["unitText"], "minValue": base["minValue"], "maxValue": base["maxValue"]}
	}
	low, high := number(value["minValue"]), number(value["maxValue"])
	if one := number(value["value"]); one != nil && low == nil && high == nil {
		low, high = one, one
	}
	out["salary_min"], out["salary_max"], out["salary_unit"] = low, high, strings.ToLower(extract.First(value["unitText"]))
}

// number reads an amount; nil if it is none. Signs of thousands are left out where they can't be taken for a decimal sign.
func number(v any) any {
	switch v := v.(type) {
	case float64:
		return v
	case json.Number:
		if f, err := v.Float64(); err == nil {
			return f
		}
	case string:
		if f, err := strconv.ParseFloat(strings.ReplaceAll(extract.Text(v), " ", ""), 64); err == nil {
			return f
		}
	}
	return nil
}

// items reads microdata.
func items(scope *goquery.Selection, out map[string]any) {
	prop := func(name string) string {
		s := scope.Find(`[itemprop~="` + name + `"]`).First()
		for _, key := range []string{"content", "datetime"} {
			if v, ok := s.Attr(key); ok {
				return extract.Text(v)
			}
		}
		return extract.Text(extract.TextOf(s, true))
	}
	out["title"], out["employment_type"] = prop("title"), kind([]string{prop("employmentType")})
	out["posted_at"], out["valid_through"] = extract.Date(prop("datePosted")), extract.Date(prop("validThrough"))
	out["industry"], out["location"] = prop("industry"), prop("addressLocality")
	if out["location"] == "" {
		out["location"] = prop("jobLocation")
	}
	org := scope.Find(`[itemprop~="hiringOrganization"]`).First()
	out["company"] = extract.Text(extract.TextOf(org.Find(`[itemprop~="name"]`).First(), true))
	if out["company"] == "" {
		out["company"] = extract.Text(extract.TextOf(org, true))
	}
	out["description"] = extract.TextOf(scope.Find(`[itemprop~="description"]`).First(), true)
}

// structure reads a page without markup: one heading above a text that speaks of a job.
func structure(d *extract.Document, out map[string]any) bool {
	title, body := extract.Text(extract.TextOf(d.Find("h1").First(), true)), d.Main()
	if title == "" || !speaks(strings.ToLower(body)) {
		return false
	}
	out["title"], out["company"], out["description"] = title, d.Meta("og:site_name"), body
	return true
}

// speaks reports a text with several of the headings that advertisements of jobs have.
func speaks(body string) bool {
	const enough = 2
	n := 0
	for _, group := range [][]string{
		{
			"responsibilities", "what you'll do", "what you will do", "your role", "your tasks", "ihre aufgaben",
			"deine aufgaben", "vos missions", "responsabilidades",
		},
		{
			"requirements", "qualifications", "what you bring", "about you", "who you are", "ihr profil", "dein profil",
			"votre profil", "requisitos",
		},
		{"apply now", "apply for this", "how to apply", "jetzt bewerben", "postuler", "aplicar"},
		{"benefits", "we offer", "what we offer", "wir bieten", "nous offrons", "ofrecemos"},
	} {
		for _, word := range group {
			if strings.Contains(body, word) {
				n++
				break
			}
		}
	}
	return n >= enough
}
