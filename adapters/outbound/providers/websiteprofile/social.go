package websiteprofile

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// network is a site on which companies have profiles, and the forms of address that are one there.
type network struct {
	name  string
	hosts func(host string) bool
	// profile returns the part of the path that is the profile, and whether it is surely an organisation's.
	profile func(segments []string, query url.Values) (path string, certain bool)
}

var (
	xHandle      = regexp.MustCompile(`^@?[A-Za-z0-9_]{1,15}$`)
	wordHandle   = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)
	gitHubOwner  = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})$`)
	channelID    = regexp.MustCompile(`^UC[A-Za-z0-9_-]{10,}$`)
	numericID    = regexp.MustCompile(`^[0-9]{3,20}$`)
	facebookHost = regexp.MustCompile(`^(?:[a-z]{2}-[a-z]{2}|[a-z]{2}|m|mobile|web|touch|mbasic)$`)
	linkedInHost = regexp.MustCompile(`^[a-z]{2,3}$`)
)

func networks() []network {
	is := func(names ...string) func(string) bool {
		return func(host string) bool {
			for _, sub := range []string{"www.", "m.", "mobile."} {
				host = strings.TrimPrefix(host, sub)
			}
			return slices.Contains(names, host)
		}
	}
	return []network{
		{"linkedin", below("linkedin.com", linkedInHost), linkedIn},
		{"twitter", is("twitter.com", "x.com"), one(xHandle, xReserved)},
		{"facebook", func(h string) bool { return below("facebook.com", facebookHost)(h) || is("fb.com")(h) }, facebook},
		{"instagram", is("instagram.com"), one(wordHandle, instagramReserved)},
		{"youtube", is("youtube.com"), youTube},
		{"github", is("github.com"), one(gitHubOwner, gitHubReserved)},
		{"tiktok", is("tiktok.com"), func(s []string, _ url.Values) (string, bool) {
			return join(s[:1]...), strings.HasPrefix(s[0], "@") && len(s) == 1 && wordHandle.MatchString(s[0][1:])
		}},
	}
}

// below reports whether the host is the domain, its www, or one of the names before it.
func below(domain string, names *regexp.Regexp) func(string) bool {
	return func(host string) bool {
		sub, ok := strings.CutSuffix(strings.TrimPrefix(host, "www."), domain)
		return ok && (sub == "" || strings.HasSuffix(sub, ".") && names.MatchString(strings.TrimSuffix(sub, ".")))
	}
}

func join(segments ...string) string { return "/" + strings.Join(segments, "/") }

// one is a network whose profiles are a name right after the host.
func one(form *regexp.Regexp, reserved func() []string) func([]string, url.Values) (string, bool) {
	return func(s []string, _ url.Values) (string, bool) {
		if len(s) != 1 || !form.MatchString(s[0]) || slices.Contains(reserved(), strings.ToLower(s[0])) {
			return "", false
		}
		return join(s[0]), true
	}
}

func linkedIn(s []string, _ url.Values) (string, bool) {
	if len(s) < 2 {
		return "", false
	}
	switch strings.ToLower(s[0]) {
	case "company", "school", "showcase", "organization":
		return join(s[:2]...), true
	case "in", "pub": // a person's
		return join(s[:2]...), false
	default:
		return "", false
	}
}

func facebook(s []string, query url.Values) (string, bool) {
	switch first := strings.ToLower(s[0]); {
	case first == "profile.php":
		if id := query.Get("id"); numericID.MatchString(id) {
			return "/profile.php?id=" + id, true
		}
		return "", false
	case first == "pages" || first == "people":
		if len(s) >= 3 && numericID.MatchString(s[2]) {
			return join(s[:3]...), true
		}
		return "", false
	case first == "pg" && len(s) > 1:
		return join(s[1]), true
	case len(s) > 1 || strings.HasSuffix(first, ".php") || len(first) < 2 || strings.HasPrefix(first, "v") && strings.Contains(first, "."):
		return "", false
	default:
		return join(s[0]), !slices.Contains(facebookReserved(), first)
	}
}

func youTube(s []string, _ url.Values) (string, bool) {
	switch first := strings.ToLower(s[0]); {
	case strings.HasPrefix(first, "@") && len(first) > 1:
		return join(s[0]), true
	case first == "channel" && len(s) > 1:
		return join(s[:2]...), channelID.MatchString(s[1])
	case (first == "c" || first == "user") && len(s) > 1:
		return join(s[:2]...), true
	case len(s) == 1 && wordHandle.MatchString(s[0]) && len(first) > 2 && !slices.Contains(youTubeReserved(), first):
		return join(s[0]), true
	default:
		return "", false
	}
}

// The first parts of paths that are the networks' own.

func xReserved() []string {
	return []string{
		"intent", "share", "home", "search", "hashtag", "i", "login", "logout", "signup", "explore", "settings", "messages", "notifications",
		"privacy", "tos", "about", "jobs", "download", "compose", "oauth",
		"widgets", "who_to_follow", "following", "followers", "account", "help", "rules", "status", "statuses",
	}
}

func facebookReserved() []string {
	return []string{
		"sharer", "share", "dialog", "plugins", "login", "tr", "help", "policies", "policy", "privacy", "events", "watch", "marketplace",
		"hashtag", "photo", "photos", "story", "permalink", "media", "groups", "gaming",
		"business", "ads", "legal", "terms", "settings", "home", "l", "reel", "reels", "stories", "notes", "video", "videos", "search", "public",
		"recover", "signup", "developers", "careers", "about", "messages",
		"friends", "pages", "people", "pg", "login.php", "connect", "badges", "directory", "places", "games", "oauth", "cookies", "adchoices",
	}
}

func instagramReserved() []string {
	return []string{
		"p", "reel", "reels", "explore", "accounts", "stories", "tv", "about", "developer", "developers", "legal", "direct", "share", "web",
		"oauth", "embed", "embed.js", "session", "directory", "help", "press", "privacy", "terms",
	}
}

func youTubeReserved() []string {
	return []string{
		"watch", "embed", "playlist", "results", "shorts", "feed", "about", "redirect", "live", "howyoutubeworks", "premium", "ads", "creators",
		"signin", "account", "gaming", "hashtag", "clip", "post", "kids", "intl",
		"supported_browsers", "iframe_api", "yt", "channel", "user", "music", "movies", "upload", "subscription_center", "live_stats", "trending",
		"t", "new", "jobs", "press",
	}
}

func gitHubReserved() []string {
	return []string{
		"login", "join", "logout", "signup", "features", "pricing", "about", "search", "explore", "topics", "marketplace", "sponsors", "settings",
		"orgs", "organizations", "notifications", "trending", "collections",
		"events", "security", "enterprise", "contact", "site", "readme", "apps", "new", "issues", "pulls", "codespaces", "customer-stories",
		"resources", "solutions", "team", "nonprofit", "dashboard", "copilot",
		"stars", "watching", "discussions", "sessions", "session", "account", "home", "users", "edu", "education", "mobile", "open-source",
		"partners", "why-github", "premium-support", "github-copilot", "models",
	}
}

// leadsToNetwork is a quick look before an address is taken apart.
var leadsToNetwork = regexp.MustCompile(`(?i)(?:linkedin|twitter|facebook|instagram|youtube|github|tiktok|[/.]x|[/.]fb)\.com`)

// profileOf names the network that a link leads to, if it is a profile there; certain if it is surely an organisation's.
func profileOf(base *url.URL, href string) (name, link string, certain bool) {
	if len(href) > maxAddress || !leadsToNetwork.MatchString(href) {
		return "", "", false
	}
	u, err := base.Parse(strings.TrimSpace(href))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.Port() != "" || isTemplate(href) {
		return "", "", false
	}
	u.Host = strings.ToLower(u.Host)
	var segments []string
	for _, s := range strings.Split(u.Path, "/") {
		if s != "" {
			segments = append(segments, s)
		}
	}
	if len(segments) == 0 {
		return "", "", false
	}
	for _, n := range networks() {
		if !n.hosts(u.Host) {
			continue
		}
		path, certain := n.profile(segments, u.Query())
		if path == "" || !certain && n.name != "linkedin" {
			return "", "", false
		}
		path, query, _ := strings.Cut(path, "?")
		if path == strings.TrimSuffix(u.Path, "/") {
			path = u.Path // as it is written, with or without the final slash
		}
		return n.name, (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: path, RawQuery: query}).String(), certain
	}
	return "", "", false
}

// profiles are the best links to each network: the first that is surely an organisation's, else the first.
type profiles struct {
	links   map[string]string
	certain map[string]bool
}

func (p *profiles) add(base *url.URL, href string) {
	name, link, certain := profileOf(base, href)
	if name == "" || p.links[name] != "" && (p.certain[name] || !certain) {
		return
	}
	p.links[name], p.certain[name] = link, certain
}
