package domainfrom

import (
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/morket/morket/adapters/outbound/providers/lookup"
)

// registered returns the part of a host that somebody registered. A host that is itself a public suffix, with or without www before it,
// is somebody's too: gov.uk and siena.it have websites.
func registered(host string) (string, bool) {
	a, ok := lookup.ASCII(host)
	if !ok {
		return "", false
	}
	if suffix, icann := publicsuffix.PublicSuffix(a); !icann && !strings.Contains(suffix, ".") {
		return "", false // no such top-level domain
	}
	if d, err := publicsuffix.EffectiveTLDPlusOne(a); err == nil {
		if bare, www := strings.CutPrefix(d, "www."); www && strings.Contains(bare, ".") {
			return bare, true
		}
		return d, true
	}
	return a, strings.Contains(a, ".")
}

const maxAddress = 2000 // bytes of a website

// fromWebsite takes the domain out of an address. A profile on a platform and a shortened link say nothing of the company's own domain.
func (p *Provider) fromWebsite(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" || strings.ContainsAny(s, " \t\r\n\\") || len(s) > maxAddress {
		return "", false
	}
	if !strings.Contains(s, "://") {
		if rest, ok := cutScheme(s, "mailto:"); ok || isEmail(s) {
			return p.fromEmail(rest)
		}
		s = "https://" + strings.TrimPrefix(s, "//")
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	d, ok := registered(u.Hostname())
	if !ok || slices.Contains(shorteners(), d) || ofOthers(u, d) {
		return "", false
	}
	return d, true
}

// ofOthers reports whether the address is somebody's place at a platform: a page below its own first one, or a name before its domain.
func ofOthers(u *url.URL, domain string) bool {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	for _, own := range []string{"www.", "m."} {
		host = strings.TrimPrefix(host, own)
	}
	below := strings.Trim(u.Path, "/") != ""
	return slices.Contains(platforms(), domain) && (below || host != domain) || slices.Contains(landlords(), domain) && host != domain
}

// isEmail reports whether an @ comes before everything that only an address of a page has.
func isEmail(s string) bool {
	at := strings.IndexByte(s, '@')
	end := strings.IndexAny(s, "/?#:")
	return at > 0 && (end < 0 || at < end)
}

// cutScheme cuts the scheme and what follows a question mark, of any case.
func cutScheme(s, scheme string) (string, bool) {
	if len(s) < len(scheme) || !strings.EqualFold(s[:len(scheme)], scheme) {
		return s, false
	}
	s, _, _ = strings.Cut(s[len(scheme):], "?")
	return s, true
}

func (p *Provider) fromEmail(s string) (string, bool) {
	at := strings.LastIndexByte(s, '@')
	if at < 1 {
		return "", false
	}
	host, ok := lookup.ASCII(s[at+1:])
	if !ok {
		return "", false
	}
	for d := host; strings.Contains(d, "."); _, d, _ = strings.Cut(d, ".") {
		if p.lists.IsFreeDomain(d) || p.lists.IsDisposable(d) {
			return "", false
		}
	}
	return registered(host)
}

// platforms are sites on which companies and people have pages. Their own first page is theirs.
func platforms() []string {
	return []string{
		"linkedin.com", "x.com", "twitter.com", "facebook.com", "fb.com", "fb.me", "instagram.com", "threads.net", "threads.com", "youtube.com",
		"tiktok.com", "pinterest.com", "snapchat.com",
		"reddit.com", "github.com", "gitlab.com", "bitbucket.org", "medium.com", "substack.com", "xing.com", "crunchbase.com", "angel.co",
		"wellfound.com", "glassdoor.com", "indeed.com", "vk.com",
		"weibo.com", "bsky.app", "mastodon.social", "telegram.me", "whatsapp.com", "google.com", "wikipedia.org", "yelp.com", "trustpilot.com",
		"g2.com", "producthunt.com", "behance.net",
		"dribbble.com", "vimeo.com", "soundcloud.com", "spotify.com", "apple.com", "amazon.com", "etsy.com", "ebay.com", "eventbrite.com",
		"meetup.com", "notion.site", "about.me", "slideshare.net",
	}
}

// landlords are sites that give their customers names before their own domain.
func landlords() []string {
	return []string{
		"wordpress.com", "tumblr.com", "blogger.com", "livejournal.com", "weebly.com", "squarespace.com", "zendesk.com", "freshdesk.com",
		"atlassian.net", "slack.com", "sharepoint.com", "bandcamp.com",
		"wixsite.com", "jimdo.com", "jimdofree.com", "strikingly.com", "webnode.com", "godaddysites.com", "business.site", "archive.org",
		"typeform.com", "greenhouse.io", "workday.com", "myworkdayjobs.com",
		"personio.de", "personio.com", "recruitee.com", "breezy.hr", "bamboohr.com", "salesforce.com", "force.com", "hubspotpagebuilder.com",
		"gumroad.com", "teachable.com", "thinkific.com",
	}
}

// shorteners are domains that only lead elsewhere.
func shorteners() []string {
	return []string{
		"bit.ly", "t.co", "goo.gl", "tinyurl.com", "ow.ly", "lnkd.in", "buff.ly", "is.gd", "rebrand.ly", "rb.gy", "cutt.ly", "t.me", "wa.me",
		"youtu.be", "linktr.ee", "g.page", "g.co", "fb.gg", "amzn.to",
		"shorturl.at", "tiny.cc", "dlvr.it", "trib.al", "hubs.ly", "hubs.la", "v.gd", "qrco.de", "beacons.ai", "bio.link", "linkin.bio",
	}
}
