package config

import (
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"time"
)

// Config holds every setting. An empty address of a dependency means the embedded default: a child process or a folder.
type Config struct {
	File      string     `env:"MORKET_CONFIG" desc:"A file of NAME=value lines that is read first; the environment wins"`
	HTTPAddr  string     `env:"MORKET_HTTP_ADDR" envDefault:"127.0.0.1:8080" desc:"Where the web server listens"`
	PublicURL string     `env:"MORKET_PUBLIC_URL" desc:"The address that users see, in mails and links; empty: http:// and the listening address"`
	Origins   []string   `env:"MORKET_CORS_ORIGINS" desc:"Other origins whose pages may call the API, separated by commas"`
	DataDir   string     `env:"MORKET_DATA_DIR" envDefault:"./.morket" desc:"Everything that is kept: the embedded Postgres and Temporal, uploads, exports, keys"`
	CacheDir  string     `env:"MORKET_CACHE_DIR" desc:"Programs that were fetched; empty: morket in the user's cache folder"`
	Roles     []string   `env:"MORKET_ROLES" envDefault:"all" desc:"What this process does: all, or some of api, relay, projector, worker"`
	LogLevel  slog.Level `env:"MORKET_LOG_LEVEL" envDefault:"info" desc:"debug, info, warn or error"`
	LogFormat string     `env:"MORKET_LOG_FORMAT" envDefault:"auto" desc:"json, text, or auto: text on a terminal"`

	MetricsAddr  string `env:"MORKET_METRICS_ADDR" desc:"host:port where /metrics is served to whoever can reach it; empty: on the web server, for X-Service-Key, or for this machine when its address is"`
	OTLPEndpoint string `env:"OTEL_EXPORTER_OTLP_ENDPOINT" desc:"OpenTelemetry receiver of traces and metrics over HTTP, for example http://127.0.0.1:4318; empty: none are sent"`

	MasterKey  Keys   `env:"MORKET_MASTER_KEY" desc:"Seals credentials: 32 bytes in base64; several separated by commas while a key is changed, the new one first. Empty: made once in the data folder, embedded only"`
	JWTKeys    Keys   `env:"MORKET_JWT_KEYS" desc:"Signs tokens: like the master key, but at most 16. The second is still accepted; further ones only show that an API key is ours, so keep those that keys in use were made under"`
	ServiceKey Secret `env:"MORKET_SERVICE_KEY" desc:"What a service sends as X-Service-Key, at least 32 characters; empty: no such calls"`
	Passphrase Secret `env:"MORKET_BACKUP_PASSPHRASE" desc:"Seals backups, at least 12 characters; without it they can't be restored, so keep it elsewhere. Empty: asked for at the terminal"`

	BackupTarget Secret        `env:"MORKET_BACKUP_TARGET" desc:"Where backups are kept: a folder, s3://bucket/prefix (at the server and with the keys of S3_URL, without it AWS's and what its usual places say) or https://key:secret@host/bucket/prefix?region=…; a folder or prefix for this installation alone. Needs MORKET_BACKUP_PASSPHRASE; empty: backups are only made by hand"`
	BackupEvery  time.Duration `env:"MORKET_BACKUP_EVERY" envDefault:"24h" desc:"How often a backup is taken to MORKET_BACKUP_TARGET, at least 1m; 0: only when an operator asks for one"`
	BackupDays   int           `env:"MORKET_BACKUP_KEEP_DAYS" envDefault:"7" desc:"For so many days the last backup of each day is kept; all of the last 24 hours are, and the newest that a drill has proved"`
	BackupWeeks  int           `env:"MORKET_BACKUP_KEEP_WEEKS" envDefault:"4" desc:"For so many weeks the last backup of each week is kept"`
	BackupDrill  bool          `env:"MORKET_BACKUP_DRILL" envDefault:"true" desc:"Whether each scheduled backup is proved: restored aside into a Postgres of its own on this machine, which needs room for all of it, and verified"`

	ArchiveTarget    Secret        `env:"MORKET_ARCHIVE_TARGET" desc:"Where base backups, the log of the embedded Postgres and uploads are kept for morket restore --until: a folder, s3://bucket/prefix or https://key:secret@host/bucket/prefix?region=…, another one than that of backups. Needs MORKET_BACKUP_PASSPHRASE; empty: no point in time can be restored"`
	ArchiveEvery     time.Duration `env:"MORKET_ARCHIVE_EVERY" envDefault:"10s" desc:"How often what was written goes to the archive, at least 1s: so much is lost with the disk"`
	ArchiveBaseEvery time.Duration `env:"MORKET_ARCHIVE_BASE_EVERY" envDefault:"24h" desc:"How often a base backup is taken, at least 1m: a restore replays what was written since"`
	ArchiveDays      int           `env:"MORKET_ARCHIVE_KEEP_DAYS" envDefault:"7" desc:"Each moment of so many days can be restored"`

	Operators []string `env:"MORKET_OPERATOR_EMAILS" desc:"Users who may grant credits and use /admin, separated by commas"`

	DatabaseURL       Secret `env:"DATABASE_URL" desc:"Postgres 15 or newer, postgres://…; pool_max_conns=… in it says how many connections a process may have for requests, and as many for all else, 20 by default (exports and its own sign of life take 5 more); empty: a Postgres of our own"`
	AMQPURL           Secret `env:"AMQP_URL" desc:"RabbitMQ, amqp:// or amqps://; empty: in memory"`
	AMQPPrefix        string `env:"AMQP_PREFIX" desc:"Before the names of exchanges and queues, for installations that share a virtual host of RabbitMQ"`
	TemporalAddress   string `env:"TEMPORAL_ADDRESS" desc:"host:port of Temporal; empty: a development server of our own"`
	TemporalNamespace string `env:"TEMPORAL_NAMESPACE" envDefault:"morket" desc:"The namespace of the workflows"`
	RedisURL          Secret `env:"REDIS_URL" desc:"Redis, redis:// or rediss://, shares rate limits and cached answers between processes; empty: each has its own"`
	OpenSearchURL     Secret `env:"OPENSEARCH_URL" desc:"OpenSearch (2.17 or newer) for searches, https://user:password@host:9200/prefix; the prefix, by default morket, begins the names of its indexes; empty: Postgres"`
	S3URL             Secret `env:"S3_URL" desc:"A bucket for uploads, https://key:secret@host/bucket?region=…, for processes that don't share a disk; without key and secret AWS's usual places are looked at; empty: a folder"`
	ClickHouseURL     Secret `env:"CLICKHOUSE_URL" desc:"ClickHouse over HTTP, http://user:password@host:8123/database, a database of its own; empty: Postgres keeps the analytics"`
	SMTPURL           Secret `env:"SMTP_URL" desc:"smtp://user:password@host:587 or smtps://…; empty: mails go to the log and an outbox folder"`
	MailFrom          string `env:"MORKET_MAIL_FROM" envDefault:"Morket <no-reply@morket.local>" desc:"Sender of mails"`

	RateGeneral    int `env:"MORKET_RATE_GENERAL" envDefault:"100" desc:"Requests a minute for each user; 0: no limit, also below"`
	RateGrid       int `env:"MORKET_RATE_GRID" envDefault:"1200" desc:"Pages of rows and cell edits a minute for each user"`
	RateAuth       int `env:"MORKET_RATE_AUTH" envDefault:"5" desc:"Sign-ins and registrations a minute from each address"`
	RateFailed     int `env:"MORKET_RATE_FAILED" envDefault:"30" desc:"Tokens and API keys that are not good, a minute from each address"`
	RateEnrichment int `env:"MORKET_RATE_ENRICHMENT" envDefault:"20" desc:"Enrichment requests a minute for each workspace"`
	RateAdmin      int `env:"MORKET_RATE_ADMIN" envDefault:"10" desc:"Operators' requests a minute for each user"`

	StreamsUser        int `env:"MORKET_STREAMS_USER" envDefault:"50" desc:"Streams of events that a user may have open at once in a process"`
	StreamsWorkspace   int `env:"MORKET_STREAMS_WORKSPACE" envDefault:"500" desc:"Streams of events that a workspace may have open at once in a process"`
	TransfersUser      int `env:"MORKET_TRANSFERS_USER" envDefault:"4" desc:"Downloads, and as many uploads, that a user may have under way at once in a process"`
	TransfersWorkspace int `env:"MORKET_TRANSFERS_WORKSPACE" envDefault:"6" desc:"Downloads, and as many uploads, that a workspace may have under way at once in a process"`

	ProviderPrices Prices         `env:"MORKET_PROVIDER_PRICES" desc:"What an accepted answer costs, in credits, for example website_profile=1,http_api=0.5; a provider that isn't named keeps its own price, 0 for the built-in ones"`
	ProviderLimits ProviderLimits `env:"MORKET_PROVIDER_LIMITS" desc:"How many calls of a provider may be under way at once for each workspace, credential and host in a process, and after a slash how many a second, 0 for no such limit, for example http_api=64/100; a provider that isn't named, or has no number after a slash, keeps its own limits"`

	ProviderURLs ProviderURLs `env:"MORKET_PROVIDER_URLS" desc:"Stand-ins of vendors on this machine, for development, for example hunter=http://127.0.0.1:8610/hunter; a vendor is asked there for credentials whose hosts name that address, for all others at its own; web=… lets pages there be read as those of the web are. Only where the web server is for this machine alone"`

	AnswersDays int `env:"MORKET_ANSWERS_DAYS" envDefault:"400" desc:"How many days recorded answers of providers can be read, for reuse and replay; then the keys that sealed them are destroyed"`

	DialAllow      []netip.Prefix `env:"MORKET_DIAL_ALLOW" desc:"Networks that providers and webhooks may reach although they are not public, for example 127.0.0.1/32, separated by commas; for development"`
	TrustedProxies []netip.Prefix `env:"MORKET_TRUSTED_PROXIES" desc:"Networks of reverse proxies whose X-Forwarded-For tells a client's address, for example 10.0.0.0/8, separated by commas; empty: a client's address is its connection's"`
	DNSServer      string         `env:"MORKET_DNS_SERVER" desc:"host:port of the name server that providers ask; empty: the system's"`

	ScrapeAgent    string `env:"MORKET_SCRAPE_AGENT" desc:"The User-Agent under which pages are read; say in it who you are and where a site's owner can write to; empty: Morket's name and address"`
	ScrapeContexts int    `env:"MORKET_SCRAPE_CONTEXTS" envDefault:"5" desc:"Pages that a process renders in Chromium at once, 1 to 20"`
	ScraperAddr    string `env:"MORKET_SCRAPER_ADDR" desc:"Where the scraper's own API listens, for services that know MORKET_SERVICE_KEY; empty: nowhere"`
	ScrapeSecret   Secret `env:"MORKET_SCRAPE_CALLBACK_SECRET" desc:"Signs callbacks of the scraper's jobs as Standard Webhooks says, whsec_ and 24 to 64 bytes in base64; empty: no callbacks"`
	ScrapeRules    string `env:"MORKET_SCRAPE_RULES" desc:"A JSON file that says how often, in which hours and whether certain domains are asked; empty: each two pages in ten seconds"`

	StripeKey      Secret `env:"MORKET_STRIPE_SECRET_KEY" desc:"Stripe's secret key (sk_…) or a restricted one (rk_…) that may write customers, prices, checkout sessions, portal sessions and subscriptions and read invoices and payments; empty: nothing can be bought"`
	StripeWebhook  Secret `env:"MORKET_STRIPE_WEBHOOK_SECRET" desc:"The signing secret (whsec_…) of the endpoint at Stripe that sends to /api/v1/billing/webhooks/stripe, which morket stripe-endpoint makes; without it nothing can be bought"`
	StripeURL      string `env:"MORKET_STRIPE_URL" desc:"A stand-in of Stripe on this machine, for development, for example http://127.0.0.1:8610/stripe. Only where the web server is for this machine alone"`
	BillingCatalog string `env:"MORKET_BILLING_CATALOG" desc:"A JSON file with the plans and packs that are sold, in the form that GET /api/v1/billing/plans answers, without configured; empty: those that Morket comes with"`

	HubSpotClientID        string       `env:"MORKET_HUBSPOT_CLIENT_ID" desc:"The client id of your app at HubSpot, which has to allow the redirect address /api/v1/integrations/callback/hubspot below MORKET_PUBLIC_URL; empty: HubSpot can't be connected"`
	HubSpotClientSecret    Secret       `env:"MORKET_HUBSPOT_CLIENT_SECRET" desc:"The client secret of that app"`
	SalesforceClientID     string       `env:"MORKET_SALESFORCE_CLIENT_ID" desc:"The consumer key of your external client app at Salesforce, which has to allow the redirect address /api/v1/integrations/callback/salesforce below MORKET_PUBLIC_URL; empty: Salesforce can't be connected"`
	SalesforceClientSecret Secret       `env:"MORKET_SALESFORCE_CLIENT_SECRET" desc:"The consumer secret of that app"`
	CRMURLs                ProviderURLs `env:"MORKET_CRM_URLS" desc:"Stand-ins of CRMs on this machine, for development, for example hubspot=http://127.0.0.1:8610/hubspot. Only where the web server is for this machine alone"`

	OIDCIssuer       string     `env:"MORKET_OIDC_ISSUER" desc:"Single sign-on: the address of the OpenID Connect provider, as it calls itself; its client has to allow the redirect address /sign-on and, after a sign-out, /login below MORKET_PUBLIC_URL. Empty: there is no single sign-on"`
	OIDCName         string     `env:"MORKET_OIDC_NAME" envDefault:"single sign-on" desc:"The provider's name on the sign-in page, for example Okta"`
	OIDCClientID     string     `env:"MORKET_OIDC_CLIENT_ID" desc:"The client's id at the provider"`
	OIDCClientSecret Secret     `env:"MORKET_OIDC_CLIENT_SECRET" desc:"The client's secret; empty for a public client, which PKCE protects"`
	OIDCDomains      []string   `env:"MORKET_OIDC_DOMAINS" desc:"Domains of the email addresses that may sign in by it, separated by commas; * is any, which at a public provider is everybody. The provider has to say email_verified"`
	OIDCOnly         bool       `env:"MORKET_OIDC_ONLY" envDefault:"false" desc:"Whether passwords are taken from operators only"`
	OIDCWorkspace    string     `env:"MORKET_OIDC_WORKSPACE" desc:"The workspace (ws_…) that people become members of when they sign in; empty: none"`
	OIDCRole         string     `env:"MORKET_OIDC_ROLE" desc:"The role there of people whose groups have none in MORKET_OIDC_ROLES: admin, member, viewer or billing_admin; empty: they may not sign in"`
	OIDCRoles        GroupRoles `env:"MORKET_OIDC_ROLES" desc:"Roles there by the provider's groups, for example morket-admins=admin,sales=member; the strongest counts and is set at each sign-in, but for an owner's"`
	OIDCGroupsClaim  string     `env:"MORKET_OIDC_GROUPS_CLAIM" envDefault:"groups" desc:"The claim in which the provider names a person's groups"`

	QueryTimeout time.Duration `env:"MORKET_QUERY_TIMEOUT" envDefault:"30s" desc:"How long Postgres may work on one question of a request; exports and rebuilds take as long as they take"`

	StopWithin time.Duration `env:"MORKET_STOP_WITHIN" envDefault:"30s" desc:"How long a stop may take, at most 30s"`

	PGBin       string `env:"PG_BIN" desc:"Folder with initdb and postgres for the embedded Postgres; empty: found or fetched"`
	TemporalBin string `env:"TEMPORAL_BIN" desc:"The temporal program for the embedded Temporal; empty: found or fetched"`
	ChromiumBin string `env:"CHROMIUM_BIN" desc:"The Chromium program for scraping; empty: found on the machine"`
}

// The roles that a process can have.
const (
	RoleAll       = "all"
	RoleAPI       = "api"       // serves HTTP
	RoleRelay     = "relay"     // carries the log to the bus
	RoleProjector = "projector" // keeps the read models
	RoleWorker    = "worker"    // runs flows: imports, exports, enrichment, jobs of the scraper
	RoleScraper   = "scraper"   // serves the scraper's own API
)

func roles() []string {
	return []string{RoleAll, RoleAPI, RoleRelay, RoleProjector, RoleWorker, RoleScraper}
}

// Has reports whether this process has the role.
func (c Config) Has(role string) bool {
	return slices.Contains(c.Roles, RoleAll) || slices.Contains(c.Roles, role)
}

// Embedded reports whether the database is our own child process.
func (c Config) Embedded() bool { return !c.DatabaseURL.IsSet() }

// Demo reports whether the demo workspace and its owner are made: only with the embedded database on a loopback address,
// because everybody knows the password.
func (c Config) Demo() bool { return c.Embedded() && loopback(c.HTTPAddr) }

// Local reports whether the web server is for this machine only: it listens on a loopback address, and its public address is
// one too, so that no proxy stands before it.
func (c Config) Local() bool {
	u, err := url.Parse(c.PublicURL)
	return err == nil && loopback(c.HTTPAddr) && loopback(net.JoinHostPort(u.Hostname(), "0"))
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// PostgresDir is the folder of the embedded Postgres.
func (c Config) PostgresDir() string { return filepath.Join(c.DataDir, "postgres") }

// TemporalDir is the folder of the embedded Temporal.
func (c Config) TemporalDir() string { return filepath.Join(c.DataDir, "temporal") }

// ObjectsDir is the folder of uploads and exports.
func (c Config) ObjectsDir() string { return filepath.Join(c.DataDir, "objects") }

// OutboxDir is the folder of mails when there is no SMTP server.
func (c Config) OutboxDir() string { return filepath.Join(c.DataDir, "outbox") }
