package config_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

var key = base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)) //nolint:gochecknoglobals // a constant that Go can't express

func load(t *testing.T, pairs ...string) (config.Config, error) {
	t.Helper()
	environ := map[string]string{"HOME": "/home/x", "PATH": "/bin"}
	for i := 0; i < len(pairs); i += 2 {
		environ[pairs[i]] = pairs[i+1]
	}
	return config.Load(environ)
}

func TestTheDefaults(t *testing.T) {
	t.Parallel()
	c, err := load(t)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:8080", c.HTTPAddr)
	require.Equal(t, "http://127.0.0.1:8080", c.PublicURL)
	require.True(t, filepath.IsAbs(c.DataDir))
	require.Equal(t, ".morket", filepath.Base(c.DataDir))
	require.Equal(t, 100, c.RateGeneral)
	require.Equal(t, 30*time.Second, c.StopWithin)
	require.True(t, c.Embedded())
	require.True(t, c.Demo())
	require.True(t, c.Has(config.RoleRelay))
}

func TestAnEmptySettingIsNotMade(t *testing.T) {
	t.Parallel()
	c, err := load(t, "MORKET_HTTP_ADDR", "", "DATABASE_URL", " ", "MORKET_RATE_AUTH", "")
	require.NoError(t, err)
	require.True(t, c.Embedded())
	require.Equal(t, 5, c.RateAuth)
}

func TestTheDemoNeedsEmbeddedAndLoopback(t *testing.T) {
	t.Parallel()
	for addr, demo := range map[string]bool{
		"127.0.0.1:80": true, "localhost:80": true, "[::1]:80": true, "127.9.9.9:80": true,
		"0.0.0.0:80": false, ":80": false, "[::]:80": false, "10.0.0.1:80": false, "example.com:80": false,
	} {
		c, err := load(t, "MORKET_HTTP_ADDR", addr)
		require.NoError(t, err)
		require.Equal(t, demo, c.Demo(), addr)
	}
	c, err := load(t, "DATABASE_URL", "postgres://db/x", "MORKET_MASTER_KEY", key, "MORKET_JWT_KEYS", key)
	require.NoError(t, err)
	require.False(t, c.Demo())
}

func TestEverythingWrongIsSaidAtOnceWithoutSecrets(t *testing.T) {
	t.Parallel()
	_, err := load(t,
		"MORKET_HTTP_ADDR", "8080", "MORKET_RATE_AUTH", "five", "MORKET_STOP_WITHIN", "1h", "MORKET_LOG_LEVEL", "loud",
		"MORKET_ROLES", "api,cook", "DATABASE_URL", "mysql://root:hunter2@db/x", "AMQP_URL", "hunter2", "MORKET_MASTER_KEY", "hunter2hunter2",
		"MORKET_SERVICE_KEY", "hunter2", "MORKET_OPERATOR_EMAILS", "a@b.example,nobody", "MORKET_HTTP_ADR", "x", "MORKET_PUBLIC_URL", "ftp://x",
		"TEMPORAL_ADDRESS", "nowhere", "MORKET_RATE_GRID", "-1", "MORKET_DNS_SERVER", "9.9.9.9", "MORKET_ANSWERS_DAYS", "0",
	)
	require.Error(t, err)
	for _, want := range []string{
		`MORKET_HTTP_ADDR: "8080" is not host:port`, "MORKET_RATE_AUTH: want a whole number", "MORKET_STOP_WITHIN: want more than 0",
		"MORKET_LOG_LEVEL: ", `MORKET_ROLES: "cook" is none of all, api`, "DATABASE_URL: is not an address", "AMQP_URL: is not an address",
		"MORKET_MASTER_KEY: ", "MORKET_SERVICE_KEY: has 7 characters", "MORKET_OPERATOR_EMAILS: ",
		"MORKET_HTTP_ADR: there is no such setting; did you mean MORKET_HTTP_ADDR?", "MORKET_PUBLIC_URL: ", "TEMPORAL_ADDRESS: ",
		"MORKET_RATE_GRID: is negative", `MORKET_DNS_SERVER: "9.9.9.9" is not host:port`, "MORKET_ANSWERS_DAYS: want 1 to 3650 days", "MORKET_JWT_KEYS: is needed with DATABASE_URL",
	} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), "hunter2")
}

func TestPlacesForBackups(t *testing.T) {
	t.Parallel()
	const set = "MORKET_BACKUP_PASSPHRASE"
	for target, wrong := range map[string]bool{
		"/backups": false, "backups": false, "s3://bucket/prefix": false, "https://key:hunter2@host/bucket": false,
		"ftp://key:hunter2@host/bucket": true, "s3:///prefix": true,
	} {
		_, err := load(t, "MORKET_BACKUP_TARGET", target, set, "correct horse battery")
		require.Equal(t, wrong, err != nil, "%s: %v", target, err)
		if err != nil {
			require.NotContains(t, err.Error(), "hunter2")
		}
	}
	_, err := load(t, "MORKET_BACKUP_TARGET", "/backups", "MORKET_BACKUP_EVERY", "5s", "MORKET_BACKUP_KEEP_DAYS", "-1")
	require.ErrorContains(t, err, set+": is needed with MORKET_BACKUP_TARGET")
	require.ErrorContains(t, err, "MORKET_BACKUP_EVERY: want 0 or at least 1m")
	require.ErrorContains(t, err, "MORKET_BACKUP_KEEP_DAYS: is negative")
}

func TestArchive(t *testing.T) {
	t.Parallel()
	const pass, target = "MORKET_BACKUP_PASSPHRASE", "MORKET_ARCHIVE_TARGET"
	_, err := load(t, target, "/archive", pass, "correct horse battery")
	require.NoError(t, err)
	_, err = load(t, target, "/archive", "MORKET_ARCHIVE_EVERY", "10ms", "MORKET_ARCHIVE_BASE_EVERY", "1s", "MORKET_ARCHIVE_KEEP_DAYS", "-1")
	for _, says := range []string{pass + ": is needed with " + target, "MORKET_ARCHIVE_EVERY: want at least 1s", "MORKET_ARCHIVE_BASE_EVERY: want at least 1m", "MORKET_ARCHIVE_KEEP_DAYS: is negative"} {
		require.ErrorContains(t, err, says)
	}
	_, err = load(t, target, "/same", "MORKET_BACKUP_TARGET", "/same", pass, "correct horse battery")
	require.ErrorContains(t, err, target+": is that of the backups")
	_, err = load(t, target, "ftp://host/archive", pass, "correct horse battery")
	require.ErrorContains(t, err, target+": ")
	_, err = load(t, target, "/archive", "DATABASE_URL", "postgres://u:p@host/db", pass, "correct horse battery")
	require.ErrorContains(t, err, target+": is for the embedded Postgres")
}

func TestTestsHaveVariablesOfTheirOwn(t *testing.T) {
	t.Parallel()
	_, err := load(t, "MORKET_TEST_DATABASE_URL", "postgres://x")
	require.NoError(t, err)
}

func TestSeveralProcessesNeedADatabase(t *testing.T) {
	t.Parallel()
	_, err := load(t, "MORKET_ROLES", "api")
	require.ErrorContains(t, err, "MORKET_ROLES: several processes need one database")
	grown := []string{"DATABASE_URL", "postgres://db/x", "MORKET_MASTER_KEY", key, "MORKET_JWT_KEYS", key, "MORKET_ROLES", "api"}
	_, err = load(t, grown...)
	require.ErrorContains(t, err, "MORKET_ROLES: processes with different roles need one bus: set AMQP_URL")
	_, err = load(t, append(grown, "AMQP_URL", "amqp://mq", "AMQP_PREFIX", "one.")...)
	require.NoError(t, err)
	_, err = load(t, append(grown, "AMQP_URL", "amqp://mq", "AMQP_PREFIX", "a b")...)
	require.ErrorContains(t, err, "AMQP_PREFIX: ")
}

func TestTheFileIsReadAndTheEnvironmentWins(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "morket.env")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("# ours\n\nexport MORKET_RATE_AUTH=7\nMORKET_RATE_GRID = '70'\nAMQP_URL=\"amqp://u:p@q/v?x=1\"\n")
	c, err := load(t, "MORKET_CONFIG", file, "MORKET_RATE_AUTH", "9")
	require.NoError(t, err)
	require.Equal(t, 9, c.RateAuth)
	require.Equal(t, 70, c.RateGrid)
	require.Equal(t, "amqp://u:p@q/v?x=1", c.AMQPURL.Reveal())

	write("MORKET_RATE_OUTH=7\n")
	_, err = load(t, "MORKET_CONFIG", file)
	require.ErrorContains(t, err, "morket.env:1: MORKET_RATE_OUTH: there is no such setting; did you mean MORKET_RATE_AUTH?")
	write("hunter2\n")
	_, err = load(t, "MORKET_CONFIG", file)
	require.ErrorContains(t, err, "want NAME=value")
	require.NotContains(t, err.Error(), "hunter2")
	_, err = load(t, "MORKET_CONFIG", file+".none")
	require.ErrorContains(t, err, "MORKET_CONFIG: ")
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	c, err := load(t, "DATABASE_URL", "postgres://u:hunter2@db/x", "MORKET_MASTER_KEY", key, "MORKET_JWT_KEYS", key+","+key)
	require.NoError(t, err)
	require.Len(t, c.JWTKeys.Reveal(), 2)
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb, c)
		fmt.Fprintf(&out, verb, c.DatabaseURL)
		fmt.Fprintf(&out, verb, &c.DatabaseURL)
		fmt.Fprintf(&out, verb, c.MasterKey)
		fmt.Fprintf(&out, verb, &c.MasterKey)
	}
	require.NoError(t, json.NewEncoder(&out).Encode(c))
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("settings", "all", c, "url", c.DatabaseURL, "key", c.MasterKey)
	}
	for _, leak := range []string{"hunter2", fmt.Sprintf("%x", "hunter2"), key, "7 7 7", "0x7", "070707", "[7"} {
		require.NotContains(t, strings.ToLower(out.String()), strings.ToLower(leak))
	}
	require.Contains(t, out.String(), "[redacted]")
}

func TestKeysAreMadeOnceForTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	c, err := load(t, "MORKET_DATA_DIR", dir)
	require.NoError(t, err)
	first, err := c.EnsureKeys()
	require.NoError(t, err)
	again, err := c.EnsureKeys()
	require.NoError(t, err)
	require.Equal(t, first, again)
	require.NotEqual(t, first.MasterKey, first.JWTKeys)
	require.Len(t, first.MasterKey.Reveal(), 1)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2)
	for _, e := range entries {
		info, err := e.Info()
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "master.key"), nil, 0o600))
	_, err = c.EnsureKeys()
	require.ErrorContains(t, err, "master.key is empty", "a damaged key is not quietly replaced")
}

func TestTheTableListsEverySetting(t *testing.T) {
	t.Parallel()
	table := config.Table()
	for _, s := range config.Settings() {
		require.NotEmpty(t, s.Name)
		require.NotEmpty(t, s.Description, s.Name)
		require.NotContains(t, s.Description, "|", s.Name)
		require.Contains(t, table, "| `"+s.Name+"` |")
	}
}

func TestPrices(t *testing.T) {
	t.Parallel()
	c, err := load(t, "MORKET_PROVIDER_PRICES", "website_profile=1, http_api=0.5,email_check=0,")
	require.NoError(t, err)
	require.Equal(t, map[string]kernel.Credits{"website_profile": 1000, "http_api": 500, "email_check": 0}, c.ProviderPrices.ByProvider())
	for value, want := range map[string]string{
		"website_profile":        `"website_profile" is not provider=credits`,
		"=1":                     `"=1" is not provider=credits`,
		"a=1,a=2":                "a has two prices",
		"a=-1":                   `the price of a: "-1" is not an amount`,
		"a=1.2345":               "one to three decimals",
		"a=1.":                   "one to three decimals",
		"a=1e3":                  `"1e3" is not an amount`,
		"a=NaN":                  `"NaN" is not an amount`,
		"a=99999999999999999999": "is not an amount",
		"a=1.-5":                 "is not an amount",
	} {
		_, err := load(t, "MORKET_PROVIDER_PRICES", value)
		require.ErrorContains(t, err, "MORKET_PROVIDER_PRICES: ", value)
		require.ErrorContains(t, err, want, value)
	}
}

// A setting is of the whole installation, and whether it is secret is said by its type, which keeps it out of what is printed: one whose
// name or meaning says so must be of such a type.
func TestASettingThatHoldsASecretSaysSo(t *testing.T) {
	t.Parallel()
	plain := map[string]string{
		"MORKET_PUBLIC_URL": "what users see",
		"MORKET_STRIPE_URL": "a port of this machine",
	}
	secret := 0
	for _, s := range config.Settings() {
		looks := regexp.MustCompile(`(_URL|_KEYS?|SECRET|PASSWORD|PASSPHRASE|TOKEN)$`).MatchString(s.Name) || regexp.MustCompile(`(?i)password@|secret@|in base64`).MatchString(s.Description)
		if plain[s.Name] == "" {
			require.Equal(t, looks, s.Secret, "%s: give it the type Secret or Keys, or say here why it is plain", s.Name)
		}
		if s.Secret {
			secret++
		}
	}
	require.GreaterOrEqual(t, secret, 10)
}

func TestProviderLimits(t *testing.T) {
	t.Parallel()
	c, err := load(t, "MORKET_PROVIDER_LIMITS", "http_api=64/100, website_profile=8,email_check=2/0,")
	require.NoError(t, err)
	n := func(n int) *int { return &n }
	require.Equal(t, map[string]enrichment.OwnLimits{
		"http_api": {Concurrency: 64, PerSecond: n(100)}, "website_profile": {Concurrency: 8}, "email_check": {Concurrency: 2, PerSecond: n(0)},
	}, c.ProviderLimits.ByProvider())
	for value, want := range map[string]string{
		"http_api":      `"http_api" is not provider=calls at once/calls a second`,
		"=1":            `"=1" is not provider=calls at once/calls a second`,
		"a=1,a=2":       "a has two limits",
		"a=0":           `the calls at once of a: "0" is not a number from 1 to 10000`,
		"a=many":        `the calls at once of a: "many" is not a number`,
		"a=1/":          `the calls a second of a: "" is not a number from 0 to 10000`,
		"a=1/-1":        `the calls a second of a: "-1" is not a number`,
		"a=99999999999": "the calls at once of a",
	} {
		_, err := load(t, "MORKET_PROVIDER_LIMITS", value)
		require.ErrorContains(t, err, "MORKET_PROVIDER_LIMITS: ", value)
		require.ErrorContains(t, err, want, value)
	}
}

func TestSingleSignOnIsConfiguredWhole(t *testing.T) {
	t.Parallel()
	const issuer, id, domains = "MORKET_OIDC_ISSUER", "MORKET_OIDC_CLIENT_ID", "MORKET_OIDC_DOMAINS"
	const ws = "ws_01JZZZZZZZZZZZZZZZZZZZZZZZ"
	whole := []string{issuer, "https://login.example.com/realm", id, "morket", domains, "example.com,example.org"}
	for name, c := range map[string]struct {
		more  []string
		wrong string
	}{
		"no workspace":                {nil, ""},
		"a provider on this machine":  {[]string{issuer, "http://127.0.0.1:9998"}, ""},
		"any domain":                  {[]string{domains, "*"}, ""},
		"a workspace and groups":      {[]string{"MORKET_OIDC_WORKSPACE", ws, "MORKET_OIDC_ROLES", "cn=a=admin, sales team = member"}, ""},
		"a workspace and a role":      {[]string{"MORKET_OIDC_WORKSPACE", ws, "MORKET_OIDC_ROLE", "viewer"}, ""},
		"plain http":                  {[]string{issuer, "http://login.example.com"}, issuer + ": must start with https://"},
		"a name in the address":       {[]string{issuer, "https://u:hunter2@login.example.com"}, issuer + ": is not an address"},
		"no client":                   {[]string{id, ""}, id + ": is needed"},
		"no domains":                  {[]string{domains, ""}, domains + ": is needed"},
		"an address for a domain":     {[]string{domains, "a@example.com"}, domains + ": "},
		"capitals":                    {[]string{domains, "Example.com"}, domains + ": "},
		"nothing but settings of it":  {[]string{issuer, ""}, issuer + ": is needed with "},
		"a workspace without roles":   {[]string{"MORKET_OIDC_WORKSPACE", ws}, "MORKET_OIDC_ROLE: is needed"},
		"roles without a workspace":   {[]string{"MORKET_OIDC_ROLE", "member"}, "MORKET_OIDC_WORKSPACE: is needed"},
		"a workspace's name":          {[]string{"MORKET_OIDC_WORKSPACE", "sales", "MORKET_OIDC_ROLE", "member"}, "MORKET_OIDC_WORKSPACE: want"},
		"owners":                      {[]string{"MORKET_OIDC_WORKSPACE", ws, "MORKET_OIDC_ROLE", "owner"}, "MORKET_OIDC_ROLE: \"owner\" is none"},
		"owners by group":             {[]string{"MORKET_OIDC_WORKSPACE", ws, "MORKET_OIDC_ROLES", "a=owner"}, "MORKET_OIDC_ROLES: "},
		"a group without a role":      {[]string{"MORKET_OIDC_WORKSPACE", ws, "MORKET_OIDC_ROLES", "a"}, "MORKET_OIDC_ROLES: "},
		"a group that is named twice": {[]string{"MORKET_OIDC_WORKSPACE", ws, "MORKET_OIDC_ROLES", "a=admin,a=member"}, "MORKET_OIDC_ROLES: "},
	} {
		_, err := load(t, append(append([]string{}, whole...), c.more...)...)
		if c.wrong == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, c.wrong, name)
		require.NotContains(t, err.Error(), "hunter2")
	}
	c, err := load(t, append(whole, "MORKET_OIDC_WORKSPACE", ws, "MORKET_OIDC_ROLES", "cn=a=admin, sales team = member")...)
	require.NoError(t, err)
	require.Equal(t, map[string]kernel.Role{"cn=a": kernel.RoleAdmin, "sales team": kernel.RoleMember}, c.OIDCRoles.ByGroup())
}
