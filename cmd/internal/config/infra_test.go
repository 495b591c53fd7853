package config_test

import (
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/config"
)

// image are the settings that infra/docker/Dockerfile makes.
var image = regexp.MustCompile(`(?m)^ENV (MORKET_.*)$`)

// block returns the lines of a Terraform file between a line that begins so and the next line that closes it.
func block(t *testing.T, text, begins string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, begins)
	require.True(t, found, "stack/tasks.tf has no %q", begins)
	body, _, _ := strings.Cut(rest, "\n  }")
	return body
}

// filled puts plausible values where Terraform puts a store's.
func filled(t *testing.T, body string) map[string]string {
	t.Helper()
	known := strings.NewReplacer(
		"${var.host_name}", "app.example.com", "module.vpc.cidr", `"10.20.0.0/16"`, "${module.backups.bucket}", "backups", "${module.objects.bucket}", "objects",
		"${local.region}", "eu-central-1", "${var.name}", "morket", `join(",", sort(tolist(var.operators)))`, `"a@example.com,b@example.com"`,
		"${module.aurora.address_parts.username}", "morket", "${module.aurora.address_parts.database}", "morket", "${module.aurora.endpoint}", "aurora",
		"${module.rabbitmq.endpoint}", "broker:5671", "${module.redis.endpoint}", "cache", "${module.opensearch[0].endpoint}", "search",
		"${local.clickhouse}", "clickhouse", "var.seed.master_key", `"`+key+`"`, "var.seed.jwt_keys", `"`+key+`"`,
	).Replace(body)
	known = regexp.MustCompile(`\$\{var\.(seed|stored)\.\w+\}`).ReplaceAllString(known, "abcdefghijklmnop")
	known = regexp.MustCompile(`var\.(seed|stored)\.\w+`).ReplaceAllString(known, `"abcdefghijklmnopabcdefghijklmnop"`)
	values := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\s+([A-Z][A-Z0-9_]+)\s+= (?:local\.\S+ == null \? "" : )?"(.*)"$`).FindAllStringSubmatch(known, -1) {
		assert.NotContains(t, m[2], "${", "%s has a value that this test doesn't know", m[1])
		values[m[1]] = m[2]
	}
	lines := regexp.MustCompile(`(?m)^\s+[A-Z][A-Z0-9_]+\s+=`).FindAllString(body, -1)
	require.Len(t, values, len(lines), "a setting was not read")
	return values
}

// What Terraform gives each task must be what a process of its roles takes: a wrong name or a missing one would show only in AWS.
func TestTheTasksInAWSHaveTheirSettings(t *testing.T) {
	t.Parallel()
	const root = "../../../infra/"
	text, err := os.ReadFile(root + "terraform/stack/tasks.tf")
	require.NoError(t, err)
	docker, err := os.ReadFile(root + "docker/Dockerfile")
	require.NoError(t, err)

	all := filled(t, block(t, string(text), "settings = merge({"))
	maps.Copy(all, filled(t, block(t, string(text), "secrets = {")))
	for _, only := range []string{"CLICKHOUSE_PASSWORD", "TEMPORAL_DATABASE"} { // ClickHouse's machine and Temporal are given these
		require.Contains(t, all, only)
		delete(all, only)
	}
	for _, pair := range strings.Fields(image.FindStringSubmatch(string(docker))[1]) {
		name, value, _ := strings.Cut(pair, "=")
		all[name] = value
	}
	given := block(t, string(text), "given = toset(")
	roles := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\s+\w+\s+= \{ roles = \[(.*?)\], .* environment = \{(.*?)\}`).FindAllStringSubmatch(string(text), -1) {
		environ := maps.Clone(all)
		environ["MORKET_ROLES"] = strings.NewReplacer(`"`, "", " ", "").Replace(m[1])
		maps.Copy(environ, filled(t, "\n  "+strings.TrimSpace(m[2])))
		c, err := config.Load(environ)
		if !assert.NoError(t, err, "the roles %s", environ["MORKET_ROLES"]) {
			continue
		}
		assert.False(t, c.Embedded())
		for _, role := range c.Roles {
			roles[role] = true
		}
	}
	for _, role := range []string{config.RoleAPI, config.RoleRelay, config.RoleProjector, config.RoleWorker, config.RoleScraper} {
		assert.True(t, roles[role], "no task has the role %s", role)
	}
	for name := range all {
		if strings.HasSuffix(name, "_URL") && name != "MORKET_PUBLIC_URL" && name != "S3_URL" {
			assert.Contains(t, given, `"`+name+`"`, "%s is a secret that no task is given", name)
		}
	}
}
