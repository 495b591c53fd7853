package config

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// MinPassphrase is the length of the shortest passphrase that seals backups.
const MinPassphrase = 12

const (
	minServiceKey  = 32
	maxStop        = 30 * time.Second
	minQuery       = 100 * time.Millisecond
	maxAnswersDays = 3650
	maxContexts    = 20
)

// validate returns everything that is wrong, each problem with its variable's name and without a secret's value.
func (c Config) validate() []error {
	var errs []error
	check := func(name string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	check("MORKET_HTTP_ADDR", hostPort(c.HTTPAddr))
	check("MORKET_PUBLIC_URL", absoluteURL(c.PublicURL, "http", "https"))
	for _, origin := range c.Origins {
		check("MORKET_CORS_ORIGINS", absoluteURL(origin, "http", "https"))
	}
	check("MORKET_ROLES", knownRoles(c.Roles))
	check("MORKET_LOG_FORMAT", oneOf(c.LogFormat, "auto", "json", "text"))
	check("DATABASE_URL", secretURL(c.DatabaseURL, "postgres", "postgresql"))
	check("AMQP_URL", secretURL(c.AMQPURL, "amqp", "amqps"))
	check("AMQP_PREFIX", shortName(c.AMQPPrefix))
	check("REDIS_URL", secretURL(c.RedisURL, "redis", "rediss"))
	check("OPENSEARCH_URL", secretURL(c.OpenSearchURL, "https", "http"))
	check("S3_URL", secretURL(c.S3URL, "https", "http"))
	check("CLICKHOUSE_URL", secretURL(c.ClickHouseURL, "http", "https"))
	check("SMTP_URL", secretURL(c.SMTPURL, "smtp", "smtps"))
	for _, optional := range []struct{ name, address string }{
		{"TEMPORAL_ADDRESS", c.TemporalAddress}, {"MORKET_METRICS_ADDR", c.MetricsAddr}, {"MORKET_DNS_SERVER", c.DNSServer},
	} {
		if optional.address != "" {
			check(optional.name, hostPort(optional.address))
		}
	}
	if c.OTLPEndpoint != "" {
		check("OTEL_EXPORTER_OTLP_ENDPOINT", absoluteURL(c.OTLPEndpoint, "http", "https"))
	}
	if c.AnswersDays < 1 || c.AnswersDays > maxAnswersDays {
		check("MORKET_ANSWERS_DAYS", fmt.Errorf("want 1 to %d days", maxAnswersDays))
	}
	_, err := mail.ParseAddress(c.MailFrom)
	check("MORKET_MAIL_FROM", err)
	for _, email := range c.Operators {
		_, err := mail.ParseAddress(email)
		check("MORKET_OPERATOR_EMAILS", err)
	}
	if c.ServiceKey.IsSet() && len(c.ServiceKey.Reveal()) < minServiceKey {
		check("MORKET_SERVICE_KEY", fmt.Errorf("has %d characters, want at least %d", len(c.ServiceKey.Reveal()), minServiceKey))
	}
	errs = append(errs, c.validateRates()...)
	if n := len(c.Passphrase.Reveal()); n > 0 && n < MinPassphrase {
		check("MORKET_BACKUP_PASSPHRASE", fmt.Errorf("has %d characters, want at least %d", n, MinPassphrase))
	}
	errs = slices.Concat(errs, c.validateBackups(), c.validateScraper())
	if c.QueryTimeout < minQuery {
		check("MORKET_QUERY_TIMEOUT", fmt.Errorf("want at least %s", minQuery))
	}
	if c.StopWithin <= 0 || c.StopWithin > maxStop {
		check("MORKET_STOP_WITHIN", fmt.Errorf("want more than 0 and at most %s", maxStop))
	}
	if len(c.ProviderURLs.ByVendor()) > 0 && !c.Local() {
		check("MORKET_PROVIDER_URLS", errors.New("is only possible where MORKET_HTTP_ADDR and MORKET_PUBLIC_URL are loopback addresses"))
	}
	return slices.Concat(errs, c.validateArchive(), c.validateBilling(), c.validateCRMs(), c.validateSignOn(), c.validateGrown())
}

func (c Config) validateRates() (errs []error) {
	for name, rate := range map[string]int{
		"MORKET_RATE_GENERAL": c.RateGeneral, "MORKET_RATE_GRID": c.RateGrid, "MORKET_RATE_AUTH": c.RateAuth, "MORKET_RATE_FAILED": c.RateFailed,
		"MORKET_RATE_ENRICHMENT": c.RateEnrichment, "MORKET_RATE_ADMIN": c.RateAdmin,
	} {
		if rate < 0 {
			errs = append(errs, fmt.Errorf("%s: is negative", name))
		}
	}
	return errs
}

// validateScraper checks what reading pages, the scraper's API and its callbacks need.
func (c Config) validateScraper() (errs []error) {
	if c.ScrapeContexts < 1 || c.ScrapeContexts > maxContexts {
		errs = append(errs, fmt.Errorf("MORKET_SCRAPE_CONTEXTS: want 1 to %d", maxContexts))
	}
	if strings.ContainsFunc(c.ScrapeAgent, func(r rune) bool { return r < ' ' || r > '~' }) {
		errs = append(errs, errors.New("MORKET_SCRAPE_AGENT: holds characters that a header can't"))
	}
	if c.ScraperAddr != "" {
		if err := hostPort(c.ScraperAddr); err != nil {
			errs = append(errs, fmt.Errorf("MORKET_SCRAPER_ADDR: %w", err))
		}
		if !c.ServiceKey.IsSet() {
			errs = append(errs, errors.New("MORKET_SERVICE_KEY: is needed with MORKET_SCRAPER_ADDR: it is what callers must know"))
		}
	} else if slices.Contains(c.Roles, RoleScraper) && !c.Has(RoleAll) {
		errs = append(errs, errors.New("MORKET_SCRAPER_ADDR: is needed with the role scraper"))
	}
	if s, ok := strings.CutPrefix(c.ScrapeSecret.Reveal(), "whsec_"); c.ScrapeSecret.IsSet() {
		const least, most = 24, 64
		if key, err := base64.StdEncoding.DecodeString(s); !ok || err != nil || len(key) < least || len(key) > most {
			errs = append(errs, fmt.Errorf("MORKET_SCRAPE_CALLBACK_SECRET: want whsec_ and %d to %d bytes in base64", least, most))
		}
	}
	return errs
}

// validateBilling checks what is needed to be paid.
func (c Config) validateBilling() (errs []error) {
	refuse := func(name, why string) { errs = append(errs, errors.New(name+": "+why)) }
	key, secret := c.StripeKey.Reveal(), c.StripeWebhook.Reveal()
	if key != "" && !strings.HasPrefix(key, "sk_") && !strings.HasPrefix(key, "rk_") {
		refuse("MORKET_STRIPE_SECRET_KEY", "want a secret key (sk_…) or a restricted one (rk_…), not the publishable one")
	}
	if secret != "" && !strings.HasPrefix(secret, "whsec_") {
		refuse("MORKET_STRIPE_WEBHOOK_SECRET", "want the signing secret of an endpoint (whsec_…)")
	}
	if key == "" && secret != "" {
		refuse("MORKET_STRIPE_SECRET_KEY", "is needed with MORKET_STRIPE_WEBHOOK_SECRET")
	}
	if c.StripeURL != "" {
		if _, err := standIn(c.StripeURL); err != nil {
			refuse("MORKET_STRIPE_URL", err.Error())
		}
		if !c.Local() {
			refuse("MORKET_STRIPE_URL", "is only possible where MORKET_HTTP_ADDR and MORKET_PUBLIC_URL are loopback addresses")
		}
	}
	return errs
}

// validateCRMs checks that an app of a CRM is named whole, and that stand-ins are for development.
func (c Config) validateCRMs() (errs []error) {
	for name, app := range map[string]struct {
		id     string
		secret Secret
	}{
		"HUBSPOT": {c.HubSpotClientID, c.HubSpotClientSecret}, "SALESFORCE": {c.SalesforceClientID, c.SalesforceClientSecret},
	} {
		if (app.id == "") == app.secret.IsSet() {
			errs = append(errs, fmt.Errorf("MORKET_%s_CLIENT_ID: is needed together with MORKET_%[1]s_CLIENT_SECRET", name))
		}
	}
	if len(c.CRMURLs.ByVendor()) > 0 && !c.Local() {
		errs = append(errs, errors.New("MORKET_CRM_URLS: is only possible where MORKET_HTTP_ADDR and MORKET_PUBLIC_URL are loopback addresses"))
	}
	return errs
}

// minBackupEvery is the shortest pause between two backups.
const minBackupEvery = time.Minute

// validateBackups checks where backups go and how long they stay.
func (c Config) validateBackups() (errs []error) {
	if target := c.BackupTarget.Reveal(); strings.Contains(target, "://") {
		if err := secretURL(c.BackupTarget, "s3", "https", "http"); err != nil {
			errs = append(errs, fmt.Errorf("MORKET_BACKUP_TARGET: %w, and no folder", err))
		}
	}
	if c.BackupTarget.IsSet() && !c.Passphrase.IsSet() {
		errs = append(errs, errors.New("MORKET_BACKUP_PASSPHRASE: is needed with MORKET_BACKUP_TARGET: nobody is there to be asked"))
	}
	if c.BackupEvery != 0 && c.BackupEvery < minBackupEvery {
		errs = append(errs, fmt.Errorf("MORKET_BACKUP_EVERY: want 0 or at least %s", minBackupEvery))
	}
	for name, n := range map[string]int{"MORKET_BACKUP_KEEP_DAYS": c.BackupDays, "MORKET_BACKUP_KEEP_WEEKS": c.BackupWeeks} {
		if n < 0 {
			errs = append(errs, fmt.Errorf("%s: is negative", name))
		}
	}
	return errs
}

// minArchiveEvery is the shortest pause between two writes to the archive.
const minArchiveEvery = time.Second

// validateArchive checks what a restore to a point in time needs.
func (c Config) validateArchive() (errs []error) {
	if !c.ArchiveTarget.IsSet() {
		return nil
	}
	refuse := func(name, why string) { errs = append(errs, errors.New(name+": "+why)) }
	if strings.Contains(c.ArchiveTarget.Reveal(), "://") {
		if err := secretURL(c.ArchiveTarget, "s3", "https", "http"); err != nil {
			refuse("MORKET_ARCHIVE_TARGET", err.Error()+", and no folder")
		}
	}
	switch {
	case !c.Embedded():
		refuse("MORKET_ARCHIVE_TARGET", "is for the embedded Postgres; archive the log of the one that DATABASE_URL names by its own means")
	case !c.Passphrase.IsSet():
		refuse("MORKET_BACKUP_PASSPHRASE", "is needed with MORKET_ARCHIVE_TARGET: nobody is there to be asked")
	case c.ArchiveTarget.Reveal() == c.BackupTarget.Reveal():
		refuse("MORKET_ARCHIVE_TARGET", "is that of the backups: name another folder or prefix")
	}
	if c.ArchiveEvery < minArchiveEvery {
		refuse("MORKET_ARCHIVE_EVERY", "want at least "+minArchiveEvery.String())
	}
	if c.ArchiveBaseEvery < minBackupEvery {
		refuse("MORKET_ARCHIVE_BASE_EVERY", "want at least "+minBackupEvery.String())
	}
	if c.ArchiveDays < 0 {
		refuse("MORKET_ARCHIVE_KEEP_DAYS", "is negative")
	}
	return errs
}

// validateGrown checks what several processes on one database need of each other.
func (c Config) validateGrown() []error {
	var errs []error
	if !c.Embedded() {
		const why = "%s: is needed with DATABASE_URL: every process must have the same key, and losing it loses what it protects; " +
			"make one with: openssl rand -base64 32"
		if !c.MasterKey.IsSet() {
			errs = append(errs, fmt.Errorf(why, "MORKET_MASTER_KEY"))
		}
		if !c.JWTKeys.IsSet() {
			errs = append(errs, fmt.Errorf(why, "MORKET_JWT_KEYS"))
		}
		if !c.Has(RoleAll) && !c.AMQPURL.IsSet() {
			errs = append(errs, errors.New("MORKET_ROLES: processes with different roles need one bus: set AMQP_URL"))
		}
		return errs
	}
	if slices.ContainsFunc([]string{RoleAPI, RoleRelay, RoleProjector, RoleWorker}, func(role string) bool { return !c.Has(role) }) {
		errs = append(errs, errors.New("MORKET_ROLES: several processes need one database: set DATABASE_URL"))
	}
	return errs
}

func hostPort(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%q is not host:port", addr)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 && port != "0" {
		return fmt.Errorf("%q is not a port", port)
	}
	return nil
}

func absoluteURL(text string, schemes ...string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		return fmt.Errorf("%q is not an address that starts with %s://", text, strings.Join(schemes, ":// or "))
	}
	return nil
}

func secretURL(s Secret, schemes ...string) error {
	if !s.IsSet() {
		return nil
	}
	if absoluteURL(s.Reveal(), schemes...) != nil { // its text repeats the address, which holds a password
		return fmt.Errorf("is not an address that starts with %s://", strings.Join(schemes, ":// or "))
	}
	return nil
}

const maxPrefix = 64

func shortName(text string) error {
	if len(text) > maxPrefix || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("want at most %d printable characters without spaces", maxPrefix)
	}
	return nil
}

func oneOf(value string, choices ...string) error {
	if slices.Contains(choices, value) {
		return nil
	}
	return fmt.Errorf("%q is none of %s", value, strings.Join(choices, ", "))
}

func knownRoles(given []string) error {
	var errs []error
	for _, role := range given {
		errs = append(errs, oneOf(role, roles()...))
	}
	return errors.Join(errs...)
}
