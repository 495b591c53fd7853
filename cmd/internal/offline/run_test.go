package offline_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/cmd/internal/offline"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// builtin are the providers over a DNS zone in memory.
func builtin(t *testing.T, zone providertest.Zone) *enrichment.Registry {
	t.Helper()
	reg, err := providers.Builtin(providers.Config{
		Resolver: zone, Client: safedial.NewClient(safedial.Config{}), Body: safedial.Body, Inside: safedial.Inside, Agent: "Morket/test", Clock: kernel.SystemClock{},
	})
	require.NoError(t, err)
	return reg
}

func world() providertest.Zone {
	return providertest.Zone{MX: map[string][]*net.MX{"firm.example": {{Host: "mx1.firm.example.", Pref: 10}}}, A: map[string]string{"firm.example": "192.0.2.1", "mx1.firm.example": "192.0.2.2"}}
}

// said is what a run wrote.
type said struct{ out, log string }

func run(ctx context.Context, t *testing.T, c offline.Config) (said, error) {
	t.Helper()
	var out, log bytes.Buffer
	c.Stdout, c.Stderr, c.Clock = &out, &log, kernel.SystemClock{}
	if c.Registry == nil {
		c.Registry = builtin(t, world())
	}
	if c.Header == "" {
		c.Header = "auto"
	}
	if c.Concurrency == 0 {
		c.Concurrency = offline.DefaultConcurrency
	}
	err := offline.Run(ctx, c)
	return said{strings.ReplaceAll(out.String(), "\r\n", "\n"), log.String()}, err
}

func enrich(t *testing.T, name, content string, requests ...string) (said, error) {
	t.Helper()
	return run(t.Context(), t, offline.Config{In: write(t, name, content), Enrich: requests})
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

const leads = "Name,Email,Phone,Company\n" +
	"dr. anna MÜLLER,anna@firm.example,030 1234567,ACME GmbH\n" +
	"Bob Smith,nobody,+1 415 555 2671,\"Widgets, Inc.\"\n" +
	",anna@firm.example,12,\n"

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		requests []string
		want     string
	}{
		"names": {
			[]string{"name_split:Name->first_name=First,last_name"},
			"Name,Email,Phone,Company,First,Name last_name\n" +
				"dr. anna MÜLLER,anna@firm.example,030 1234567,ACME GmbH,Anna,Müller\n" +
				"Bob Smith,nobody,+1 415 555 2671,\"Widgets, Inc.\",Bob,Smith\n" +
				",anna@firm.example,12,,,\n",
		},
		"phones": {
			[]string{"phone_normalise:phone=Phone->e164,calling_code,valid"},
			"Name,Email,Phone,Company,Phone e164,Phone calling_code,Phone valid\n" +
				"dr. anna MÜLLER,anna@firm.example,030 1234567,ACME GmbH,,,\n" +
				"Bob Smith,nobody,+1 415 555 2671,\"Widgets, Inc.\",+14155552671,1,true\n" +
				",anna@firm.example,12,,,,\n",
		},
		"companies": {
			[]string{"company_name_normalise:Company"},
			"Name,Email,Phone,Company,Company name,Company legal_form,Company key\n" +
				"dr. anna MÜLLER,anna@firm.example,030 1234567,ACME GmbH,ACME,GmbH,acme\n" +
				"Bob Smith,nobody,+1 415 555 2671,\"Widgets, Inc.\",Widgets,Inc.,widgets\n" +
				",anna@firm.example,12,,,,\n",
		},
		"emails, then what was found": {
			[]string{"email_check:#2->status,domain=D", "dns_facts:D->takes_mail,mx"},
			"Name,Email,Phone,Company,Email status,D,D takes_mail,D mx\n" +
				"dr. anna MÜLLER,anna@firm.example,030 1234567,ACME GmbH,valid,firm.example,true,mx1.firm.example\n" +
				"Bob Smith,nobody,+1 415 555 2671,\"Widgets, Inc.\",invalid,,,\n" +
				",anna@firm.example,12,,valid,firm.example,true,mx1.firm.example\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := enrich(t, "leads.csv", leads, tc.requests...)
			require.NoError(t, err)
			require.Equal(t, tc.want, s.out)
			require.Contains(t, s.log, "3 rows written to standard output")
		})
	}
}

func TestTheSummaryCounts(t *testing.T) {
	t.Parallel()
	s, err := enrich(t, "leads.csv", leads+"a,b,c,d,e\n1,anna@firm.example,030,\n", "email_check:Email->status", "name_split:Name->first_name")
	require.NoError(t, err, "what is wrong with records is a warning")
	require.Regexp(t, `email_check +2 +4 +0 +0 +0 +2 +0\s`, s.log)
	require.Regexp(t, `name_split +3 +2 +0 +1 +1 +0 +0\s`, s.log)
	require.Contains(t, s.log, "4 rows written to standard output")
	require.Contains(t, s.log, "0 credits spent")
	require.Contains(t, s.log, "warning: 1 record could not be read and was left out; 1 question failed")
	require.Contains(t, s.log, "line 5: has 5 fields, expected 4")
}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	const in = `{"n":"Anna <b> Müller","x": {"deep" : [1, 2]},"big":12345678901234567890.10}` + "\n\n" + `{"late":null,"n":"Bob Smith"}` + "\n{}\n{oops\n"
	s, err := enrich(t, "in.jsonl", in, "company_name_normalise:n->name=Clean")
	require.NoError(t, err)
	require.Equal(t, //nolint:testifylint // every byte counts
		`{"n":"Anna <b> Müller","x": {"deep" : [1, 2]},"big":12345678901234567890.10,"Clean":"Anna <b> Müller"}`+"\n"+
			`{"late":null,"n":"Bob Smith","Clean":"Bob Smith"}`+"\n"+`{"Clean":null}`+"\n", s.out, "objects keep their text")
	require.Contains(t, s.log, "line 5: ")

	out := filepath.Join(t.TempDir(), "out.tsv")
	_, err = run(t.Context(), t, offline.Config{In: write(t, "in.jsonl", in), Enrich: []string{"company_name_normalise:n->name"}, Out: out})
	require.NoError(t, err)
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	require.Equal(t, "n\tx\tbig\tlate\tn name\r\n"+
		"Anna <b> Müller\t\"{\"\"deep\"\" : [1, 2]}\"\t12345678901234567890.10\t\tAnna <b> Müller\r\n"+
		"Bob Smith\t\t\t\tBob Smith\r\n\t\t\t\t\r\n", string(text))
}

func TestCSVBecomesJSONLines(t *testing.T) {
	t.Parallel()
	s, err := run(t.Context(), t, offline.Config{
		In: "-", Stdin: strings.NewReader("Name;;Name\nAnna Lee;<&>;\"a\nb\"\n"), Format: "jsonl", Header: "yes", Enrich: []string{"name_split:#1->first_name=First"}, Quiet: true,
	})
	require.NoError(t, err)
	require.Equal(t, //nolint:testifylint // every byte counts
		`{"Name":"Anna Lee","Column 2":"<&>","Name 2":"a\nb","First":"Anna"}`+"\n", s.out)
	require.Empty(t, s.log)
}

func utf16le(s string) string {
	b := []byte{0xFF, 0xFE}
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

func TestHostileFiles(t *testing.T) {
	t.Parallel()
	const ask = "company_name_normalise:#1->name=New"
	for name, tc := range map[string]struct{ in, out, errors string }{
		"semicolons and a mark": {"\xEF\xBB\xBFfirm;x\nA;1,5\n", "\xEF\xBB\xBFfirm;x;New\nA;1,5;A\n", ""},
		"UTF-16":                {utf16le("firm\tx\r\nÄ\t\"1\r\n2\"\r\nb\tc\td\r\n"), "\xEF\xBB\xBFfirm,x,New\nÄ,\"1\n2\",Ä\n", "4,,\"has 3 fields, expected 2\",b\tc\td\n"},
		"Windows-1252":          {"firm,x\nCaf\xe9,1\nb,\"\xe4\"x\n", "firm,x,New\nCafé,1,Café\nb,\"\"\"ä\"\"x\",B\n", ""},
		"short, long and blank": {"firm,x\na\n\nb,1,2\nc,\n", "firm,x,New\na,,A\nc,,C\n", "4,,\"has 3 fields, expected 2\",\"b,1,2\"\n"},
		"quotes that never end": {"firm,x\na,1\n\"b,1\nc,1\n", "firm,x,New\na,1,A\nc,1,C\n", "3,,the quote that opens field 1 is never closed,\"\"\"b,1\"\n"},
		"NUL and bad bytes":     {"firm,x\na\x00,1\n\xff,2\n" + strings.Repeat("c,é\n", 20), "firm,x,New\n" + strings.Repeat("c,é,C\n", 20), "2,,holds a NUL character,\"a\x00,1\"\n3,,holds bytes that are no characters in the file's encoding,\"\xff,2\"\n"},
		"lone CR":               {"firm,x\ra,1\rb,2\r", "firm,x,New\na,1,A\nb,2,B\n", ""},
		"formulas stay":         {"firm,x\n=a,@b\n", "firm,x,New\n=a,@b,'=a\n", ""},
		"no header":             {"a,1\nb,2\n", "Column 1,Column 2,New\na,1,A\nb,2,B\n", ""},
		"only a header":         {"firm,x\n", "firm,x,New\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad := filepath.Join(t.TempDir(), "bad.csv")
			s, err := run(t.Context(), t, offline.Config{In: write(t, "in.csv", tc.in), Format: "csv", Errors: bad, Enrich: []string{ask}})
			require.NoError(t, err)
			require.Equal(t, tc.out, s.out)
			text, err := os.ReadFile(bad)
			require.NoError(t, err)
			require.Equal(t, "line,provider,problem,record\n"+tc.errors, strings.ReplaceAll(string(text), "\r\n", "\n"))
		})
	}
	for in, says := range map[string]string{"": "is empty", "PK\x03\x04": "Excel", "\n\n": "no record", "[{\"a\":1}]": "JSON Lines"} {
		_, err := enrich(t, "in.csv", in, ask)
		require.ErrorContains(t, err, says, "%q", in)
	}
}

func TestMistakesAreAnsweredWithWhatToWrite(t *testing.T) {
	t.Parallel()
	for request, says := range map[string]string{
		"emailcheck:Email":                           "did you mean email_check?",
		"zoominfo:Email":                             "there are company_facts, company_name_normalise, dns_facts, domain_from, email_check, email_finder, extract, name_split, phone_normalise, scrape_page, tech_detect, website_profile",
		"http_api:Email":                             "only be used in a table on a server",
		"email_check:Mail":                           "the columns are Name, Email, Phone, Company",
		"email_check:Email->stauts":                  "did you mean status?",
		"phone_normalise:number=Phone":               "it takes phone, country",
		"phone_normalise:country=Name":               "write phone_normalise:phone=column",
		"phone_normalise:Phone,Name":                 "given twice",
		"name_split:Name->title=Email":               "->title=New name",
		"name_split|email_check:Name":                "no output in common",
		"domain_from|dns_facts:Email->domain":        `dns_facts has no output "domain"`,
		"email_check|domain_from:Email->domain,nope": `no output "nope"`,
	} {
		_, err := enrich(t, "leads.csv", leads, request)
		require.ErrorContains(t, err, says, request)
		require.ErrorContains(t, err, strconv.Quote(request))
	}
	dir := t.TempDir()
	in := write(t, "leads.csv", leads)
	for says, c := range map[string]offline.Config{
		"`morket providers` lists":  {In: in},
		"--format \"xml\"":          {In: in, Format: "xml"},
		".csv, .json":               {In: in, Out: "x.ods"},
		"is a folder":               {In: dir},
		"no such file":              {In: filepath.Join(dir, "nope.csv")},
		"--header \"maybe\"":        {In: in, Header: "maybe"},
		"--concurrency 65":          {In: in, Concurrency: 65},
		"the same file":             {In: in, Out: "x", Errors: "x"},
		"--errors takes a file":     {In: in, Errors: "-"},
		dir + " is a folder; name ": {In: in, Out: dir},
	} {
		if !strings.Contains(says, "providers") {
			c.Enrich = []string{"name_split:Name"}
		}
		_, err := run(t.Context(), t, c)
		require.ErrorContains(t, err, says)
	}
}

func TestAWaterfallAsksTheNextWhereNothingIsFound(t *testing.T) {
	t.Parallel()
	reg, err := enrichment.NewRegistry(
		fake{slug: "dear", price: 2000, call: func(q string) (string, error) { return map[string]string{"a": "from dear"}[q], nil }},
		fake{slug: "cheap", price: 500, call: func(q string) (string, error) {
			if q == "c" {
				return "", enrichment.Fail(enrichment.CallBadInput, "no luck")
			}
			return "from cheap", nil
		}})
	require.NoError(t, err)
	c := offline.Config{In: write(t, "x.csv", "Q\na\nb\nb\nc\n"), Registry: reg, Enrich: []string{"dear|cheap:Q->a=Answer"}}
	s, err := run(t.Context(), t, c)
	require.NoError(t, err)
	require.Equal(t, "Q,Answer\na,from dear\nb,from cheap\nb,from cheap\nc,\n", s.out)
	require.Contains(t, s.log, "2.5 credits spent", "the same question is paid once")
	require.Contains(t, s.log, "line 5: cheap: no luck")
	c.DryRun = true
	s, err = run(t.Context(), t, c)
	require.NoError(t, err)
	require.Contains(t, s.out, "4 rows to ask for; nothing was asked\n1 new column: Answer\n")
	require.Contains(t, s.out, "credits: 0 at least, 4.5 likely, 8 at most")
}

// fake answers its one input q with its one output a.
type fake struct {
	slug  string
	price kernel.Credits
	call  func(q string) (string, error)
}

func (f fake) Describe() enrichment.Provider {
	return enrichment.Provider{
		Slug: f.slug, Name: f.slug, Category: "test", Terms: "none", Price: f.price, Idempotent: true, Limits: enrichment.RateLimits{Concurrency: 64},
		Inputs:  []enrichment.Field{{Name: "q", Label: "Question", Type: enrichment.FieldText, Required: true}},
		Outputs: []enrichment.Field{{Name: "a", Label: "Answer", Type: enrichment.FieldText}},
	}
}

func (f fake) Call(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
	a, err := f.call(req.Inputs["q"])
	return enrichment.Reply{Outputs: map[string]any{"a": a}}, err
}

func registry(t *testing.T, call func(q string) (string, error)) *enrichment.Registry {
	t.Helper()
	reg, err := enrichment.NewRegistry(fake{slug: "mirror", call: call})
	require.NoError(t, err)
	return reg
}

func numbered(n int) string {
	var b strings.Builder
	b.WriteString("Q,Note\n")
	for i := range n {
		fmt.Fprintf(&b, "q%d,\"some, text\"\n", i)
	}
	return b.String()
}

func TestRowsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	const rows = 5000
	var odd [rows]chan struct{} // every even row waits for the row after it
	for i := range odd {
		odd[i] = make(chan struct{})
	}
	reg := registry(t, func(q string) (string, error) {
		i, err := strconv.Atoi(q[1:])
		if err != nil {
			return "", err
		}
		if i%2 == 1 {
			close(odd[i])
		} else {
			<-odd[i+1]
		}
		return "re " + q, nil
	})
	s, err := run(t.Context(), t, offline.Config{In: write(t, "x.csv", numbered(rows)), Registry: reg, Enrich: []string{"mirror:Q"}, Quiet: true})
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(s.out), "\n")
	require.Len(t, lines, rows+1)
	for i, line := range lines[1:] {
		require.Equal(t, fmt.Sprintf("q%d,\"some, text\",re q%d", i, i), line)
	}
}

func TestStoppedRunsKeepWhatIsComplete(t *testing.T) {
	t.Parallel()
	const rows = 20_000
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reg := registry(t, func(q string) (string, error) {
		if q == "q3000" {
			stop()
		}
		return q, nil
	})
	out := filepath.Join(t.TempDir(), "out.csv")
	s, err := run(ctx, t, offline.Config{In: write(t, "x.csv", numbered(rows)), Registry: reg, Enrich: []string{"mirror:Q"}, Out: out})
	require.ErrorIs(t, err, offline.ErrStopped)
	text, err := os.ReadFile(out)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\r\n")[1:]
	require.Greater(t, len(lines), 1000)
	require.Less(t, len(lines), 3100)
	for i, line := range lines {
		require.Equal(t, fmt.Sprintf("q%d,\"some, text\",q%d", i, i), line)
	}
	missing := strings.ReplaceAll(fmt.Sprintf("%d,%03d rows missing", (rows-len(lines))/1000, (rows-len(lines))%1000), " 0", " ")
	require.Contains(t, s.log, missing)
	require.Contains(t, s.log, fmt.Sprintf("to line %d of the input", len(lines)+1))
}

// pipe never says anything.
type pipe struct{ reading chan struct{} }

func (p pipe) Read([]byte) (int, error) {
	close(p.reading)
	select {}
}

func TestStoppedWhileWaitingForInput(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	p := pipe{make(chan struct{})}
	go func() {
		<-p.reading
		stop()
	}()
	s, err := run(ctx, t, offline.Config{In: "-", Stdin: p, Enrich: []string{"name_split:Name"}})
	require.ErrorIs(t, err, offline.ErrStopped)
	require.Contains(t, s.log, "stopped before anything was written")
}

func TestAFailureLeavesTheOldResult(t *testing.T) {
	t.Parallel()
	in := write(t, "x.csv", "Name\nAnna Lee\n")
	_, err := run(t.Context(), t, offline.Config{In: in, Out: in, Errors: filepath.Join(in, "no", "folder"), Enrich: []string{"name_split:Name"}})
	require.Error(t, err)
	text, err := os.ReadFile(in)
	require.NoError(t, err)
	require.Equal(t, "Name\nAnna Lee\n", string(text))
	_, err = run(t.Context(), t, offline.Config{In: in, Out: in, Enrich: []string{"name_split:Name->initials"}})
	require.NoError(t, err, "a file may be enriched in place")
	text, err = os.ReadFile(in)
	require.NoError(t, err)
	require.Equal(t, "Name,Name initials\r\nAnna Lee,AL\r\n", string(text))
	left, err := filepath.Glob(in + "*")
	require.NoError(t, err)
	require.Equal(t, []string{in}, left)

	full := errors.New("disk full")
	c := offline.Config{
		In: write(t, "y.csv", numbered(50_000)), Registry: registry(t, func(q string) (string, error) { return q, nil }), Enrich: []string{"mirror:Q"},
		Header: "auto", Concurrency: 8, Stdout: writer(func([]byte) (int, error) { return 0, full }), Stderr: io.Discard, Clock: kernel.SystemClock{},
	}
	require.ErrorIs(t, offline.Run(t.Context(), c), full)
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func TestWithoutANetworkEveryRowGetsAnAnswer(t *testing.T) {
	t.Parallel()
	reg := builtin(t, providertest.Zone{Err: errors.New("network is unreachable")})
	var in strings.Builder
	in.WriteString("Email\n")
	for i := range 2000 {
		fmt.Fprintf(&in, "a%d@d%d.example\n", i, i)
	}
	s, err := run(t.Context(), t, offline.Config{In: write(t, "x.csv", in.String()), Registry: reg, Enrich: []string{"email_check:Email->status,domain=D", "dns_facts:D->mail_vendor"}})
	require.NoError(t, err)
	require.Equal(t, 2000, strings.Count(s.out, ",unknown,"))
	require.Contains(t, s.log, "2,000 questions failed")
	require.Contains(t, s.log, "dns_facts: DNS is not reachable")
}

func TestMemoryIsFlat(t *testing.T) {
	t.Parallel()
	const rows = 200_000
	path := filepath.Join(t.TempDir(), "big.csv")
	f, err := os.Create(path)
	require.NoError(t, err)
	_, err = f.WriteString("Q,Note\n")
	require.NoError(t, err)
	pad := strings.Repeat("x", 1000)
	for i := range rows {
		_, err = fmt.Fprintf(f, "q%d,%s\n", i, pad)
		require.NoError(t, err)
	}
	require.NoError(t, f.Close())
	var calls, most atomic.Int64
	var mu sync.Mutex
	reg := registry(t, func(q string) (string, error) {
		if calls.Add(1)%10_000 == 0 {
			mu.Lock()
			defer mu.Unlock()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most.Store(max(most.Load(), int64(m.HeapAlloc)))
		}
		return q, nil
	})
	out := filepath.Join(t.TempDir(), "out.csv")
	s, err := run(t.Context(), t, offline.Config{In: path, Out: out, Registry: reg, Enrich: []string{"mirror:Q"}})
	require.NoError(t, err)
	require.Contains(t, s.log, "200,000 rows written")
	require.Positive(t, most.Load())
	require.Less(t, most.Load(), int64(112<<20), "200 MB went through; 25 MB are the providers' lists")
}
