package websiteprofile

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// What a server may send instead of the site.
const (
	missCheck   = "the site asks for a browser check instead of showing its page"
	missCookies = "the site shows only a cookie wall"
	missParked  = "the domain is parked or for sale; it has no site of its own"
	missDefault = "the server shows only its default page; there is no site yet"
)

// checkStatus reports whether a refusal is a browser check, which another kind of client would pass.
func checkStatus(res *http.Response, text string) bool {
	for _, h := range []string{"Cf-Mitigated", "X-Vercel-Mitigated", "X-Amzn-Waf-Action"} {
		if v := strings.ToLower(res.Header.Get(h)); v == "challenge" || v == "captcha" {
			return true
		}
	}
	switch res.StatusCode {
	case http.StatusForbidden, http.StatusServiceUnavailable, http.StatusTooManyRequests, http.StatusUnauthorized,
		http.StatusNotAcceptable, http.StatusAccepted:
	default:
		return false
	}
	lower := strings.ToLower(text)
	return slices.ContainsFunc(append(checkMarks(), "cdn-cgi/challenge-platform", "cf-browser-verification",
		"attention required! | cloudflare", "checking your browser", "just a moment", "enable javascript and cookies to continue",
		"captcha", "verify you are human", "ddos-guard"), func(mark string) bool { return strings.Contains(lower, mark) })
}

// checkMarks stand in browser checks only.
func checkMarks() []string {
	return []string{
		"_cf_chl_opt", "_incapsula_resource", "captcha-delivery.com", "px-captcha", "_pxcaptcha",
		".well-known/sgcaptcha", "sucuri_cloudproxy_js", "awswafcookiedomainlist", "anubis_challenge",
		"geo.captcha-delivery",
	}
}

var (
	checkTitle = regexp.MustCompile(`(?i)^(?:just a moment|attention required|ddos-guard|ddos protection|are you (?:a )?(?:robot|human)|` +
		`robot check|bot (?:check|verification)|human verification|` +
		`verif(?:y|ying) (?:that )?you are (?:a )?human|checking your browser|security check(?:point)?\b|vercel security checkpoint|` +
		`one moment, please|pardon our interruption|making sure you'?re not a bot|` +
		`client challenge|please wait\W+cloudflare|access to this page has been denied|you are being redirected|` +
		`captcha\W*$|challenge validation)`)
	//nolint:misspell // Italian
	cookieTitle = regexp.MustCompile(`(?i)^(?:before you continue|bevor sie (?:fortfahren|zu)|avant d'accéder|avant de continuer|` +
		`antes de (?:ir|continuar)|prima di continuare|voordat je verdergaat|cookie ?wall|cookies? (?:consent|settings|op )|` +
		`privacy (?:wall|gate)|we value your privacy|consent\W*$|ihre privatsphäre|datenschutz-?einstellungen|` +
		`privacy-?instellingen|yahoo is part of)`)
	consentHost = regexp.MustCompile(`^(?:consent|guce|cookiewall|privacywall|privacy-gate|myprivacy)\.`)
	consentPath = regexp.MustCompile(`(?i)/(?:cookie-?wall|cookie-?consent|privacy-?(?:wall|gate)|consent|collectconsent)(?:[/.]|$)`)
	accepts     = regexp.MustCompile(`(?i)\b(?:accept|agree|allow all|consent|akzeptieren|zustimmen|einverstanden|accepter|j'accepte|` +
		`aceptar|acepto|accett|accepteren|akkoord|akceptuj|godkänn|hyväksy|принять)`)
	parkedTitle = regexp.MustCompile(`(?i)\b(?:domain (?:name )?is for sale|is for sale\W+\w*huge\s*domains|domain (?:name )?parked|` +
		`parked domain|parked free|this domain (?:name )?(?:is|may be) (?:for sale|parked|available)|buy this domain|` +
		`domain for sale|(?:diese )?domain (?:ist geparkt|steht zum verkauf|zu verkaufen)|domaine (?:est )?(?:à vendre|parké)|` +
		`dominio (?:in vendita|en venta|parcheggiato)|domein (?:is )?te koop)`)
	defaultTitle = regexp.MustCompile(`(?i)^(?:welcome to nginx|test page for (?:the )?(?:apache|nginx)|apache2? (?:\w+ )?default page|` +
		`iis windows(?: server)?|iis7|index of /|default (?:web site|plesk|parallels) page|web server's default page|` +
		`domain default page|plesk obsidian|account suspended|website (?:suspended|is under construction)|site not found|it works!|` +
		`coming soon|under construction|future home of|hosting(?:er)? default page|default page|congratulations! your (?:site|website) is)`)
)

// parkedMarks stand in pages of parking services only.
func parkedMarks() []string {
	return []string{
		"sedoparking.com", "parkingcrew.net", "bodis.com/", "parklogic.com", "img1.wsimg.com/parking-lander", "parking-lander",
		"window.location.href=\"/lander\"", "d38psrni17bvxu.cloudfront.net", "cdn.consentmanager.net/parking",
		"hugedomains.com/domain_profile", "dan.com/buy-domain", "afternic.com/forsale", "godaddy.com/forsale", "domainname.shop/parking",
		"uniregistry.com/buy-domains", "skenzo.com", "above.com/marketplace",
	}
}

// parkingHosts are where parked domains lead.
func parkingHosts() []string {
	return []string{
		"hugedomains.com", "dan.com", "sedo.com", "afternic.com", "domainmarket.com", "undeveloped.com",
		"buydomains.com", "efty.com",
	}
}

// A page that says no more than this, in bytes, can be a wall or a sign.
const (
	shortPage     = 2500
	shortWall     = 1500
	fewOwnLinks   = 6
	cookiesSpoken = 2
)

// instead says what was sent in the place of the site, "" if it is the site. It judges by what stands in such pages only, or by a
// title of theirs over a page that says little else.
func instead(doc *goquery.Document, asked *url.URL, p page) string {
	title := clean(doc.Find("head title,body > title").First().Text())
	text := visible(doc)
	short := len(strings.Join(strings.Fields(text), " ")) < shortPage
	text = clean(text)
	lower := strings.ToLower(p.html)
	holds := func(marks []string) bool {
		return slices.ContainsFunc(marks, func(m string) bool { return strings.Contains(lower, m) })
	}
	from, to := bareHost(asked), bareHost(p.url)
	moved := from != to
	switch {
	case short && (checkTitle.MatchString(title) || holds(checkMarks())):
		return missCheck
	case moved && consentHost.MatchString(to), moved && consentPath.MatchString(p.url.Path), short &&
		(cookieTitle.MatchString(title) || wall(doc, text)):
		return missCookies
	case short && (parkedTitle.MatchString(title) || parkedTitle.MatchString(text) ||
		holds(parkedMarks())), moved && slices.ContainsFunc(parkingHosts(), func(h string) bool {
		return to == h ||
			strings.HasSuffix(to, "."+h)
	}):
		return missParked
	case short && defaultTitle.MatchString(title):
		return missDefault
	default:
		return ""
	}
}

func bareHost(u *url.URL) string { return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.") }

// wall reports a page that speaks of cookies, asks for consent, and leads nowhere else.
func wall(doc *goquery.Document, text string) bool {
	if len(text) > shortWall || strings.Count(strings.ToLower(text), "cookie") < cookiesSpoken || !accepts.MatchString(text) {
		return false
	}
	content, _ := doc.Find(`meta[name="description" i],meta[property="og:description"]`).First().Attr("content")
	return good(content) == "" && doc.Find("a[href]").Length() < fewOwnLinks && doc.Find("nav,article").Length() == 0
}
