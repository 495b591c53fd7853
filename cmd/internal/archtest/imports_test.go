package archtest_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/morket/morket/"

// imports are a package and what it imports. Names of our own packages are without the module's.
type imports struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
}

// ban says what must not be imported, and why.
type ban struct {
	why string
	// hit reports whether from must not import to.
	hit func(from, to string) bool
	// alsoTests: tests wire things together that the code must not, unless a ban says so.
	alsoTests bool
}

func bans() []ban { return append(innerBans(), outerBans()...) }

// innerBans are those of the domain and the log.
func innerBans() []ban {
	return []ban{
		{
			"the domain is pure: it must be possible to test and to trust it without any I/O or framework", func(from, to string) bool {
				return under(from, "domain") && !strings.HasSuffix(from, "test") && !ours(to) && !pureLibrary(to)
			}, false,
		},
		{
			"the domain knows nothing of what is around it, so that what is around it can change", func(from, to string) bool {
				return under(from, "domain") && ours(to) && !under(to, "domain")
			}, false,
		},
		{
			"modules meet through events and flows, so that each can be understood, changed and left out alone", func(from, to string) bool {
				return under(from, "domain") && under(to, "domain") && !under(to, "domain/kernel") && !under(to, "domain/domaintest") &&
					moduleOf(from) != moduleOf(to)
			}, true,
		},
		{
			"the kernel is what everybody depends on, so it depends on nobody", func(from, to string) bool {
				return under(from, "domain/kernel") && ours(to) && !under(to, "domain/kernel")
			}, true,
		},
		{
			"the log is below everything but the kernel: whoever it imported could not use it", func(from, to string) bool {
				return under(from, "eventstore") && ours(to) && !under(to, "eventstore") && !under(to, "domain/kernel")
			}, false,
		},
		{
			"only pgstore knows how the log is stored: the port must stay implementable by another store", func(from, to string) bool {
				return under(from, "eventstore") && !under(from, "eventstore/pgstore") && driver(to)
			}, false,
		},
	}
}

// outerBans are those of what is around the domain and the log.
func outerBans() []ban {
	return []ban{
		{
			"commands decide and append: what they need from outside comes as small interfaces", func(from, to string) bool {
				return under(from, "commands") && (under(to, "adapters") || under(to, "projections") || under(to, "cmd") || under(to, "ui"))
			}, false,
		},
		{
			"a command that called a database, a broker or HTTP could not be repeated safely; only flows know Temporal", func(from, to string) bool {
				flow := strings.HasSuffix(moduleOf(from), "flow") && strings.HasPrefix(to, "go.temporal.io/")
				return under(from, "commands") && driver(to) && !flow
			}, false,
		},
		{
			"effects across modules go through events or a flow, never from handler to handler", func(from, to string) bool {
				return handlers(from) && handlers(to) && moduleOf(from) != moduleOf(to)
			}, true,
		},
		{
			"flows belong to one module; a flow that needs another starts it by an event", func(from, to string) bool {
				return flows(from) && flows(to) && moduleOf(from) != moduleOf(to) && to != "commands/jobflow"
			}, true,
		},
		{
			"a view is a function of the log: it must be possible to rebuild it without running any command", func(from, to string) bool {
				return under(from, "projections") && (under(to, "commands") || under(to, "cmd"))
			}, true,
		},
		{
			"a view's storage is a port that an adapter implements", func(from, to string) bool {
				return under(from, "projections") && (driver(to) || under(to, "adapters"))
			}, false,
		},
		{
			"a view that read another would be as stale as both, and could not be rebuilt alone", func(from, to string) bool {
				return views(from) && views(to) && moduleOf(from) != moduleOf(to)
			}, true,
		},
		{
			"adapters meet in cmd: one that imported another could not be replaced alone; declare the interface it needs", func(from, to string) bool {
				return under(from, "adapters") && under(to, "adapters") && !sameAdapter(from, to) && !support(to) && !support(from)
			}, false,
		},
		{
			"only programs import what wires programs", func(from, to string) bool {
				return under(to, "cmd") && !under(from, "cmd")
			}, true,
		},
		{
			"a stand-in of a vendor answers what is made up: no product code may reach one", func(from, to string) bool {
				made := under(to, standIns) && from != standIns || to == stripeTwin && from != stripeTwin || crmTwin(to) && !crmTwin(from)
				return made && from != "cmd/devservices" && from != "cmd/internal/standins" && !strings.HasSuffix(from, "test")
			}, false,
		},
		{
			"test libraries stay out of the program", func(from, to string) bool {
				test := strings.HasPrefix(to, "github.com/stretchr/testify") || to == "pgregory.net/rapid" || to == "testing"
				return test && !strings.HasSuffix(from, "test")
			}, false,
		},
	}
}

// standIns is the package of vendors' stand-ins.
const standIns = "adapters/outbound/providers/twins"

// stripeTwin is that of Stripe's.
const stripeTwin = "adapters/outbound/stripegw/stripetwin"

// crmTwin reports the package of a CRM's stand-in, or of what they have in common.
func crmTwin(name string) bool { return under(name, "adapters/crm") && strings.HasSuffix(name, "twin") }

// ours reports whether the name is one of our packages: those are without a domain name's dot in their first part, and the
// standard library's are not in the list of our top folders.
func ours(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return slices.Contains([]string{"domain", "eventstore", "commands", "projections", "adapters", "cmd", "ui"}, first)
}

func under(name, dir string) bool { return name == dir || strings.HasPrefix(name, dir+"/") }

// moduleOf returns the second part of a name: "credit" of domain/credit, "creditcmd" of commands/creditcmd/price.
func moduleOf(name string) string {
	parts := strings.Split(name, "/")
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

func handlers(name string) bool {
	return under(name, "commands") && strings.HasSuffix(moduleOf(name), "cmd")
}

func flows(name string) bool {
	return under(name, "commands") && strings.HasSuffix(moduleOf(name), "flow")
}

func views(name string) bool {
	return under(name, "projections") && strings.HasSuffix(moduleOf(name), "view")
}

// pureLibrary reports what the domain may use besides itself: the standard library without I/O, and libraries of values.
func pureLibrary(name string) bool {
	if strings.Contains(strings.SplitN(name, "/", 2)[0], ".") {
		for _, allowed := range []string{"github.com/invopop/validation", "github.com/oklog/ulid/v2", "github.com/cenkalti/backoff/v5", "github.com/shopspring/decimal", "golang.org/x/text/unicode/norm", "github.com/expr-lang/expr", "github.com/robfig/cron/v3", "github.com/nbutton23/zxcvbn-go", "github.com/hbollon/go-edlib"} {
			if under(name, allowed) {
				return true
			}
		}
		return false
	}
	for _, io := range []string{"net/http", "net/smtp", "os", "database/sql", "log", "syscall", "plugin"} {
		if under(name, io) {
			return false
		}
	}
	return name != "net" // net/url, net/mail and net/netip only parse
}

// driver reports a library that talks to the outside, or a framework for it.
func driver(name string) bool {
	for _, prefix := range []string{
		"github.com/jackc/pgx", "github.com/pressly/goose", "database/sql", "github.com/rabbitmq", "github.com/redis", "github.com/ClickHouse",
		"github.com/opensearch-project", "github.com/labstack/echo", "github.com/danielgtaylor/huma", "go.temporal.io", "github.com/go-rod",
		"github.com/stripe", "net/http", "net/smtp", "os/exec", "github.com/wneessen/go-mail", "github.com/ThreeDotsLabs/watermill",
	} {
		if strings.HasPrefix(name, prefix) {
			return name != "github.com/ThreeDotsLabs/watermill/message" // the bus's port: Publisher, Subscriber and Message
		}
	}
	return false
}

// sameAdapter reports whether both are one adapter: they share the folder below adapters. An endpoint names what it reads as a small
// interface of its own, in the words of the view; cmd gives it the read model.
func sameAdapter(from, to string) bool {
	core := under(to, from) && (from == "adapters/httpapi" || from == "adapters/postgres") // knows nothing of those that extend it
	return adapterOf(from) == adapterOf(to) && !core || endpointsOwn(from, to)
}

// adapterOf returns an adapter's folder: the one below adapters, or below a group of adapters of one port or kind.
func adapterOf(name string) string {
	parts := strings.Split(name, "/")
	depth := 2
	if len(parts) > 2 && slices.Contains([]string{"servers", "bus", "cache", "ratelimit", "leader", "files", "secrets", "outbound"}, parts[1]) {
		depth = 3
	}
	return strings.Join(parts[:min(depth, len(parts))], "/")
}

// endpointsOwn reports the parts that were taken out of an endpoint's package for their size, and the formats that they put together.
func endpointsOwn(from, to string) bool {
	const formats = "adapters/files/tablefile"
	return from == "adapters/httpapi/dataopsapi" && (to == "adapters/files/csvfile" || to == formats) || from == formats && under(to, "adapters/files")
}

// support reports the packages that tests and other child processes are built from.
func support(name string) bool {
	return slices.Contains([]string{"adapters/servers/childproc", "adapters/servers/pgchild"}, name) || strings.HasSuffix(name, "test")
}

func packages(t *testing.T) []imports {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-tags", "fetch,fault", "-json=ImportPath,Imports,TestImports,XTestImports", module+"...")
	out, err := cmd.Output()
	require.NoError(t, err)
	var all []imports
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p imports
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}

func TestDependenciesPointInward(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		for _, b := range bans() {
			check(t, b, from, p.Imports, "")
			if b.alsoTests {
				check(t, b, from, append(p.TestImports, p.XTestImports...), " (in a test)")
			}
		}
	}
}

func check(t *testing.T, b ban, from string, imported []string, where string) {
	t.Helper()
	for _, to := range imported {
		to = strings.TrimPrefix(to, module)
		if to != from && b.hit(from, to) {
			t.Errorf("%s imports %s%s: %s", from, to, where, b.why)
		}
	}
}

func TestTheBansWork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		from, to string
		banned   bool
	}{
		{"domain/credit", "domain/kernel", false},
		{"domain/credit", "domain/table", true},
		{"domain/credit", "eventstore", true},
		{"domain/credit", "net/http", true},
		{"domain/auth", "net/mail", false},
		{"domain/credit", "github.com/jackc/pgx/v5", true},
		{"domain/credit", "pgregory.net/rapid", true},
		{"domain/kernel", "github.com/oklog/ulid/v2", false},
		{"eventstore", "github.com/jackc/pgx/v5", true},
		{"eventstore/pgstore", "github.com/jackc/pgx/v5", false},
		{"eventstore/relay", "github.com/ThreeDotsLabs/watermill/message", false},
		{"eventstore/relay", "github.com/ThreeDotsLabs/watermill/message/router/middleware", true},
		{"eventstore", "commands", true},
		{"commands/creditcmd", "domain/table", false},
		{"commands/creditcmd", "commands", false},
		{"commands/creditcmd", "commands/tablecmd", true},
		{"commands/creditcmd", "commands/creditcmd/price", false},
		{"commands/creditcmd", "go.temporal.io/sdk/workflow", true},
		{"commands/dataopsflow", "go.temporal.io/sdk/workflow", false},
		{"commands/dataopsflow", "commands/dataopscmd", false},
		{"commands/dataopsflow", "commands/findflow", true},
		{"commands/dataopsflow", "commands/jobflow", false},
		{"commands/dataopsflow", "adapters/files/csvfile", true},
		{"projections/creditview", "projections", false},
		{"projections/creditview", "projections/tableview", true},
		{"projections/creditview", "commands/creditcmd", true},
		{"projections/creditview", "github.com/jackc/pgx/v5", true},
		{"adapters/httpapi/creditapi", "adapters/httpapi", false},
		{"adapters/httpapi/creditapi", "adapters/postgres/creditread", true},
		{"adapters/httpapi/creditapi", "adapters/httpapi/authapi", false},
		{"adapters/httpapi", "adapters/httpapi/creditapi", true},
		{"adapters/servers/pgchild", "adapters/servers/childproc", false},
		{"adapters/outbound/providers", "adapters/outbound/providers/emailcheck", false},
		{"adapters/outbound/providers/emailcheck", "adapters/secrets/vault", true},
		{"adapters/outbound/webhooksend", "adapters/outbound/safedial", true},
		{"adapters/servers/redischild", "adapters/servers/childproc", false},
		{"adapters/postgres", "cmd/internal/config", true},
		{"adapters/postgres", "github.com/stretchr/testify/require", true},
		{"adapters/bus/bustest", "github.com/stretchr/testify/require", false},
		{"cmd/morket", "adapters/postgres", false},
		{"cmd/internal/boot", standIns, true},
		{"adapters/outbound/providers", standIns, true},
		{"adapters/outbound/providers/providertest", standIns, false},
		{"cmd/devservices", standIns, false},
		{"cmd/internal/boot", stripeTwin, true},
		{"adapters/outbound/stripegw", stripeTwin, true},
		{"cmd/internal/standins", stripeTwin, false},
		{"cmd/internal/boot", "adapters/crm/hubspottwin", true},
		{"adapters/crm/hubspot", "adapters/crm/hubspottwin", true},
		{"adapters/crm/hubspottwin", "adapters/crm/crmtwin", false},
		{"adapters/crm/crmconnectortest", "adapters/crm/crmtwin", false},
		{"cmd/internal/standins", "adapters/crm/salesforcetwin", false},
		{"adapters/crm/hubspot", "adapters/outbound/safedial", true},
	} {
		hit := slices.ContainsFunc(bans(), func(b ban) bool { return b.hit(c.from, c.to) })
		require.Equal(t, c.banned, hit, "%s → %s", c.from, c.to)
	}
}
