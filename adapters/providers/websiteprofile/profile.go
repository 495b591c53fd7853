package websiteprofile

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"

	"github.com/morket/morket/adapters/providers/answer"
)

const (
	maxText = 2000
	maxList = 20
)

// profile takes what is of interest out of a page.
func profile(doc *goquery.Document, at *url.URL) map[string]any {
	out := map[string]any{"url": at.String()}
	set := func(name, value string) {
		if value = clean(value); value != "" && out[name] == nil {
			out[name] = value
		}
	}
	meta := func(selectors ...string) string {
		for _, s := range selectors {
			if v, ok := doc.Find(s).First().Attr("content"); ok && clean(v) != "" {
				return v
			}
		}
		return ""
	}
	set("title", doc.Find("head title").First().Text())
	set("title", meta(`meta[property="og:title"]`))
	set("description", meta(`meta[name="description" i]`, `meta[property="og:description"]`, `meta[name="twitter:description"]`))
	set("name", meta(`meta[property="og:site_name"]`, `meta[name="application-name"]`))
	lang, _ := doc.Find("html").First().Attr("lang")
	set("language", strings.ToLower(strings.SplitN(strings.ReplaceAll(lang, "_", "-"), "-", 2)[0]))
	set("image", absolute(at, meta(`meta[property="og:image"]`)))
	set("generator", meta(`meta[name="generator" i]`))
	if k := listOf(strings.Split(meta(`meta[name="keywords" i]`), ",")); len(k) > 0 {
		out["keywords"] = k
	}
	organisation(doc, set)
	links(doc, at, out, set)
	return out
}

// clean makes one line of visible text of bounded length.
func clean(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > maxText {
		s = string([]rune(s)[:maxText])
	}
	return s
}

func listOf(in []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range in {
		if s = clean(s); s != "" && !seen[strings.ToLower(s)] && len(out) < maxList {
			seen[strings.ToLower(s)] = true
			out = append(out, s)
		}
	}
	return out
}

func absolute(base *url.URL, ref string) string {
	u, err := base.Parse(strings.TrimSpace(ref))
	if ref == "" || err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.String()
}

var (
	emailForm = regexp.MustCompile(`(?i)\b[a-z0-9._%+-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}\b`)
	handle    = regexp.MustCompile(`^/(?:company/|in/|school/|channel/|c/|user/|@)?[^/?#]{2,}`)
)

// links reads the page's links: social profiles, mail and telephone.
func links(doc *goquery.Document, at *url.URL, out map[string]any, set func(name, value string)) {
	var emails, phones []string
	doc.Find("a[href]").Each(func(_ int, a *goquery.Selection) {
		href, _ := a.Attr("href")
		href = strings.TrimSpace(href)
		switch lower := strings.ToLower(href); {
		case strings.HasPrefix(lower, "mailto:"):
			address, _, _ := strings.Cut(href[len("mailto:"):], "?")
			if un, err := url.PathUnescape(address); err == nil {
				address = un
			}
			if emailForm.FindString(address) == address {
				emails = append(emails, strings.ToLower(address))
			}
		case strings.HasPrefix(lower, "tel:"):
			if n := telephone(href[len("tel:"):]); n != "" {
				phones = append(phones, n)
			}
		default:
			if name, link := social(at, href); name != "" {
				set(name, link)
			}
		}
	})
	doc.Find("script,style,noscript,template").Remove()
	for _, e := range emailForm.FindAllString(clip(doc.Find("body").Text()), maxList) {
		emails = append(emails, strings.ToLower(e))
	}
	if e := listOf(emails); len(e) > 0 {
		out["emails"] = e
		set("email", e[0])
	}
	if p := listOf(phones); len(p) > 0 {
		out["phones"] = p
		set("phone", p[0])
	}
}

func clip(s string) string { return s[:min(len(s), 500_000)] }

// telephone keeps the digits of a tel: link (RFC 3966) and how people write them.
func telephone(s string) string {
	s, _, _ = strings.Cut(s, ";")
	if un, err := url.PathUnescape(s); err == nil {
		s = un
	}
	digits := 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case !strings.ContainsRune("+-. ()/", r):
			return ""
		}
	}
	if digits < 5 || digits > 15 {
		return ""
	}
	return s
}

// social names the network that a link leads to, if it is somebody's profile there.
func social(base *url.URL, href string) (name, link string) {
	u, err := base.Parse(href)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", ""
	}
	switch host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www."); {
	case host == "linkedin.com" || strings.HasSuffix(host, ".linkedin.com"):
		name = "linkedin"
	case host == "twitter.com" || host == "x.com":
		name = "twitter"
	case host == "facebook.com" || host == "fb.com" || strings.HasSuffix(host, ".facebook.com"):
		name = "facebook"
	case host == "instagram.com":
		name = "instagram"
	case host == "youtube.com":
		name = "youtube"
	case host == "github.com":
		name = "github"
	case host == "tiktok.com":
		name = "tiktok"
	default:
		return "", ""
	}
	first := strings.ToLower(strings.SplitN(strings.Trim(u.Path, "/"), "/", 2)[0])
	switch first {
	case "", "share", "sharer", "sharer.php", "sharearticle", "intent", "home", "login", "search", "hashtag", "watch", "policies", "legal", "help", "about", "embed", "plugins", "tr":
		return "", ""
	}
	if !handle.MatchString(u.Path) {
		return "", ""
	}
	u.RawQuery, u.Fragment = "", ""
	return name, u.String()
}

// organisation reads the page's JSON-LD description of the organisation.
func organisation(doc *goquery.Document, set func(name, value string)) {
	doc.Find(`script[type="application/ld+json"]`).EachWithBreak(func(i int, s *goquery.Selection) bool {
		if v, err := answer.Decode([]byte(s.Text())); err == nil {
			walk(v, 0, set)
		}
		return i < maxList
	})
}

func walk(v any, depth int, set func(name, value string)) {
	if depth > 5 {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			walk(e, depth+1, set)
		}
	case map[string]any:
		walk(v["@graph"], depth+1, set)
		kind, _ := v["@type"].(string)
		if kind != "Organization" && kind != "Corporation" && kind != "LocalBusiness" {
			return
		}
		for from, to := range map[string]string{"name": "name", "description": "description", "telephone": "phone"} {
			if s, ok := v[from].(string); ok {
				set(to, s)
			}
		}
		if e, ok := v["email"].(string); ok && emailForm.FindString(e) == e {
			set("email", e)
		}
		if a, ok := v["address"].(map[string]any); ok {
			var parts []string
			for _, k := range []string{"streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry"} {
				if s, ok := a[k].(string); ok {
					parts = append(parts, s)
				}
			}
			set("address", strings.Join(parts, ", "))
		}
	}
}
