package politeness

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// Rule is how a domain is asked. The zero value of a field is the default's.
type Rule struct {
	// Requests in Per, evenly after a first burst of as many.
	Requests int
	Per      time.Duration
	// From and To, since midnight in Zone, are the hours in which it is asked; over midnight when From is after To, always when equal.
	From, To time.Duration
	Zone     *time.Location
	// Never is set where a domain must not be asked at all.
	Never bool
	// IgnoreRobots is set for domains whose owner has allowed it.
	IgnoreRobots bool
}

// Rules are those of all domains.
type Rules struct {
	base    Rule
	domains map[string]Rule
}

// Default is two requests in ten seconds.
func Default() Rules {
	return Rules{base: Rule{Requests: 2, Per: 10 * time.Second, Zone: time.UTC}} //nolint:mnd // what is promised to sites
}

const (
	maxRulesFile = 1 << 20
	maxRequests  = 10_000
	maxPer       = 24 * time.Hour
)

// written is a rule as the file has it.
type written struct {
	Requests     int    `json:"requests"`
	Per          string `json:"per"`   // "10s", "1m"
	Hours        string `json:"hours"` // "22:00-06:00"
	Zone         string `json:"zone"`  // "Europe/Berlin"
	Never        bool   `json:"never"`
	IgnoreRobots bool   `json:"ignore_robots"`
}

// Load reads the rules of a file: a JSON object {"default": rule, "domains": {"example.com": rule}}. A domain's rule is for its subdomains
// too, unless they have one of their own.
func Load(path string) (Rules, error) {
	f, err := os.Open(path)
	if err != nil {
		return Rules{}, fmt.Errorf("read the rules of domains: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxRulesFile+1))
	if err != nil {
		return Rules{}, fmt.Errorf("read the rules of domains: %w", err)
	}
	if len(text) > maxRulesFile {
		return Rules{}, errors.New("the rules of domains are larger than 1 MB")
	}
	r, err := Parse(text)
	if err != nil {
		return Rules{}, fmt.Errorf("rules of domains in %s: %w", path, err)
	}
	return r, nil
}

// Parse reads the text of such a file, and says all that is wrong with it.
func Parse(text []byte) (Rules, error) {
	var file struct {
		Default written            `json:"default"`
		Domains map[string]written `json:"domains"`
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return Rules{}, fmt.Errorf("not a JSON object with the members default and domains, or wrong after %d bytes", dec.InputOffset())
	}
	out := Default()
	base, failed := file.Default.rule(out.base)
	if failed != nil {
		failed = fmt.Errorf("default: %w", failed)
	}
	out.base, out.domains = base, make(map[string]Rule, len(file.Domains))
	for name, w := range file.Domains {
		rule, err := w.rule(base)
		if name != strings.ToLower(name) || name == "" || strings.ContainsAny(name, "/: *") {
			err = errors.Join(err, errors.New("write the domain's name in lower case and nothing else"))
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
		}
		out.domains[name] = rule
	}
	return out, failed
}

func (w written) rule(base Rule) (Rule, error) {
	r, failed := base, error(nil)
	r.Never, r.IgnoreRobots = w.Never, w.IgnoreRobots
	if w.Requests != 0 {
		r.Requests = w.Requests
	}
	if r.Requests < 1 || r.Requests > maxRequests {
		failed = errors.Join(failed, fmt.Errorf("requests must be 1 to %d", maxRequests))
	}
	if w.Per != "" {
		d, err := time.ParseDuration(w.Per)
		if err != nil || d <= 0 || d > maxPer {
			failed = errors.Join(failed, errors.New(`per must be a time up to 24h, for example "10s"`))
		}
		r.Per = d
	}
	if w.Zone != "" {
		zone, err := time.LoadLocation(w.Zone)
		if err != nil {
			return r, errors.Join(failed, errors.New("zone is no time zone"))
		}
		r.Zone = zone
	}
	if w.Hours != "" {
		from, to, _ := strings.Cut(w.Hours, "-")
		a, errA := time.Parse("15:04", from)
		b, errB := time.Parse("15:04", to)
		if errA != nil || errB != nil {
			return r, errors.Join(failed, errors.New(`hours must be like "22:00-06:00"`))
		}
		r.From, r.To = sinceMidnight(a), sinceMidnight(b)
	}
	return r, failed
}

func sinceMidnight(t time.Time) time.Duration {
	h, m, s := t.Clock()
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
}

// For returns the rule of a host and the domain that it is of: the registered domain of the host, by the public suffix list, or the
// longer one that has a rule of its own.
func (r Rules) For(host string) (domain string, rule Rule) {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		if own, ok := r.domains[host]; ok {
			return host, own
		}
		return host, r.base
	}
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		domain = host
	}
	for name := host; ; {
		if own, ok := r.domains[name]; ok {
			return name, own
		}
		_, rest, more := strings.Cut(name, ".")
		if !more || name == domain {
			return domain, r.base
		}
		name = rest
	}
}

// closedFor is how long the hours of the rule are still to come; 0 within them.
func (r Rule) closedFor(now time.Time) time.Duration {
	if r.From == r.To {
		return 0
	}
	local := now.In(r.Zone)
	at := sinceMidnight(local)
	open := at >= r.From && at < r.To
	if r.From > r.To {
		open = at >= r.From || at < r.To
	}
	if open {
		return 0
	}
	y, m, d := local.Date()
	opens := time.Date(y, m, d, 0, 0, int(r.From.Seconds()), 0, r.Zone) // by the wall clock, also on days that are longer or shorter
	if !opens.After(local) {
		opens = time.Date(y, m, d+1, 0, 0, int(r.From.Seconds()), 0, r.Zone)
	}
	return opens.Sub(local)
}
