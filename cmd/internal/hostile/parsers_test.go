package hostile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/adapters/files/tablefile"
	"github.com/morket/morket/adapters/httpapi/apitest"
	"github.com/morket/morket/adapters/outbound/providers"
	"github.com/morket/morket/adapters/outbound/providers/answer"
	"github.com/morket/morket/adapters/outbound/providers/httpapi"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/providers/websiteprofile"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/adapters/outbound/webhooksend"
	"github.com/morket/morket/adapters/scrape/extract"
	"github.com/morket/morket/adapters/scrape/extract/imprint"
	"github.com/morket/morket/adapters/scrape/extract/jobposting"
	"github.com/morket/morket/adapters/scrape/extract/page"
	"github.com/morket/morket/adapters/scrape/extract/profilepage"
	"github.com/morket/morket/adapters/scrape/politeness"
	"github.com/morket/morket/adapters/scrape/robots"
	"github.com/morket/morket/adapters/secrets/passkeys"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/cmd/internal/offline"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/commands/enrichmentcmd/condition"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

// A parser reads one input. It may refuse it; it may not panic, and what it says is for people.
type parser struct {
	name  string
	most  uint64 // bytes that it may make of an input, besides so many for each of the input's
	each  uint64
	parse func(input []byte) error
}

const mega = 1 << 20

// world is what the parsers are made of.
type world struct {
	t        *testing.T
	registry *enrichment.Registry
	answers  *server
	dir      string
}

func parsers(t *testing.T) []parser {
	t.Helper()
	w := &world{t: t, answers: newServer(t), dir: t.TempDir()}
	var err error
	w.registry, err = providers.Builtin(providers.Config{
		Resolver: providertest.Zone{Err: errors.New("no network")}, Client: client(), Body: safedial.Body, Inside: safedial.Inside, Agent: "Morket/test", Clock: kernel.SystemClock{},
	})
	require.NoError(t, err)
	uploads := w.uploads()
	list := []parser{
		{"a CSV file that is uploaded", 128 * mega, 50, func(in []byte) error { return uploads("a.csv", in) }},
		{"a JSON Lines file that is uploaded", 128 * mega, 50, func(in []byte) error { return uploads("a.jsonl", in) }},
		{"a JSON document that is uploaded", 128 * mega, 50, func(in []byte) error { return uploads("a.json", in) }},
		{"a workbook that is uploaded", 128 * mega, 50, func(in []byte) error { return uploads("a.xlsx", in) }},
		{"a file that is run", 128 * mega, 3000, w.run}, // each row is asked for, and its records are two bytes long
		{"an API's answer", 384 * mega, 0, w.answer},
		{"a website", 200 * mega, 0, w.website},
		{"a page looked through for products", 200 * mega, 0, w.technologies},
		{"a page that is scraped", 400 * mega, 0, w.scraped()},
		{"a robots.txt", 32 * mega, 40, func(in []byte) error { robots.Parse(in, "Morket").Allowed("/a?b"); return nil }},
		{"a file of rules for domains", 32 * mega, 30, func(in []byte) error { _, err := politeness.Parse(in); return err }},
		{"a webhook's receiver", 8 * mega, 0, w.webhook},
		{"a passkey that is made", 4 * mega, 0, w.passkeyMade()},
		{"a passkey that is shown", 4 * mega, 0, w.passkeyShown()},
		{"a request's body", 64 * mega, 30, w.body()},
		{"a step's configuration", 8 * mega, 30, w.stepConfig},
		{"a path in an answer", 8 * mega, 1, func(in []byte) error { _, err := answer.ParsePath(string(in)); return err }},
		{"a condition", 16 * mega, 2, func(in []byte) error { _, err := condition.Compile(string(in), nil); return err }},
		{"a formula", 16 * mega, 2, func(in []byte) error {
			if _, problem := table.CheckFormula(string(in), nil); problem != nil {
				return problem
			}
			return nil
		}},
		{"a validator's pattern", 16 * mega, 2, func(in []byte) error {
			_, err := enrichment.CompileValidator(&enrichment.Validator{Pattern: string(in)})
			return err
		}},
		{"a filter", 64 * mega, 30, func(in []byte) error { _, err := table.ParseFilter(in, table.Schema{}); return err }},
		{"a file of settings", 8 * mega, 10, w.settings},
	}
	for _, slug := range []string{"email_check", "phone_normalise", "name_split", "company_name_normalise", "domain_from", "dns_facts", "email_finder", "extract", "tech_detect", websiteprofile.Slug} {
		list = append(list, parser{"the inputs of " + slug, 8 * mega, 20, func(in []byte) error { return w.inputs(slug, in) }})
	}
	for _, typ := range table.Types() {
		if !typ.ReadOnly() {
			list = append(list,
				parser{"a text for a column of type " + string(typ), 8 * mega, 20, func(in []byte) error {
					_, _, err := table.ParseText(table.Column{Name: "C", Type: typ}, string(in), false)
					return err
				}},
				parser{"JSON for a column of type " + string(typ), 8 * mega, 20, func(in []byte) error { return cell(typ, in) }})
		}
	}
	return list
}

func (w *world) passkeys() *passkeys.Checker {
	c, err := passkeys.New("morket.example", "https://morket.example")
	require.NoError(w.t, err)
	return c
}

// passkeyMade reads an input that is cut to what a request may have, since what is longer is refused before it is read.
func (w *world) passkeyMade() func([]byte) error {
	c := w.passkeys()
	return func(in []byte) error {
		_, _, client := c.Made("usr_1", nil, auth.MadePasskey{ID: []byte("id"), ClientData: cut(in, auth.MaxClientData), Attestation: []byte{0xa0}})
		_, _, object := c.Made("usr_1", nil, auth.MadePasskey{ID: []byte("id"), ClientData: []byte("{}"), Attestation: cut(in, auth.MaxAttestation)})
		return errors.Join(said(client), said(object))
	}
}

// passkeyShown is passkeyMade for passkeys that are shown.
func (w *world) passkeyShown() func([]byte) error {
	c := w.passkeys()
	return func(in []byte) error {
		s := auth.ShownPasskey{ID: []byte("id"), User: cut(in, auth.MaxUserHandle), ClientData: []byte("{}"), AuthenticatorData: cut(in, auth.MaxAuthenticatorData), Signature: cut(in, auth.MaxSignature)}
		_, data := c.Shown("usr_1", auth.Credential{ID: s.ID, PublicKey: cut(in, auth.MaxAttestation)}, nil, s)
		s.ClientData = cut(in, auth.MaxClientData)
		_, client := c.Shown("usr_1", auth.Credential{ID: s.ID, PublicKey: cut(in, auth.MaxAttestation)}, nil, s)
		return errors.Join(said(data), said(client))
	}
}

func cut(in []byte, most int) []byte { return in[:min(len(in), most)] }

// said is what the caller is told; the cause is for the log.
func said(err error) error {
	var e *kernel.Error
	if errors.As(err, &e) {
		return errors.New(e.Message)
	}
	return err
}

// cell reads a value as a request has it: JSON that was checked before.
func cell(typ table.Type, in []byte) error {
	if problem := eventstore.CheckJSON(in); problem != "" {
		return errors.New(problem)
	}
	_, _, err := table.Parse(table.Column{Name: "C", Type: typ}, in, false)
	return err
}

func client() *http.Client {
	return safedial.NewClient(safedial.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
}

// server answers what it is told to.
type server struct {
	*httptest.Server
	mu   sync.Mutex
	body []byte
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		body := s.body
		s.mu.Unlock()
		rw.Header().Set("Content-Type", r.Header.Get("X-Kind"))
		if bytes.HasPrefix(body, []byte("\x1f\x8b")) {
			rw.Header().Set("Content-Encoding", "gzip")
		}
		if rw.Header().Get("Content-Type") == "" {
			rw.Header().Set("Content-Type", "text/html")
		}
		_, _ = rw.Write(body)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) says(body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.body = body
}

func (w *world) answer(in []byte) error {
	w.answers.says(in)
	var faults []error
	for _, path := range []string{"$.a", "$..a", "$..*", "$..[?(@.a > 1)]", "$"} {
		for _, kind := range []string{"text", "number", "list", "object"} {
			cfg := fmt.Sprintf(`{"url":%q,"outputs":{"a":{"path":%q,"type":%q}}}`, w.answers.URL, path, kind)
			caller, _ := w.registry.Caller(httpapi.Slug)
			reply, err := caller.Call(w.t.Context(), enrichment.Request{Config: json.RawMessage(cfg)})
			faults = append(faults, err)
			if out, err := json.Marshal(reply.Outputs); err != nil || eventstore.CheckJSON(out) != "" {
				return fmt.Errorf("an output can't be kept: %s", eventstore.CheckJSON(out))
			} else if misfit, ok := kernel.NumbersFit(out); !ok {
				return fmt.Errorf("an output holds the number %s", misfit)
			}
		}
	}
	return errors.Join(faults[:1]...)
}

func (w *world) website(in []byte) error {
	w.answers.says(in)
	return w.inputs(websiteprofile.Slug, []byte(w.answers.URL))
}

func (w *world) technologies(in []byte) error {
	w.answers.says(in)
	return w.inputs("tech_detect", []byte(w.answers.URL))
}

// inputs gives a provider the text in all of its inputs.
func (w *world) inputs(slug string, in []byte) error {
	caller, ok := w.registry.Caller(slug)
	require.True(w.t, ok, slug)
	given := map[string]string{}
	for _, f := range caller.Describe().Inputs {
		given[f.Name] = string(in)
	}
	reply, err := caller.Call(w.t.Context(), enrichment.Request{Inputs: given})
	if err == nil {
		err = enrichment.CheckReply(caller.Describe().Outputs, reply.Outputs)
	}
	return err
}

func (w *world) webhook(in []byte) error {
	w.answers.says(in)
	a := webhooksend.New(client(), safedial.Body).Send(w.t.Context(), w.answers.URL, nil, []byte("{}"))
	if a.Error != "" {
		return errors.New(a.Error)
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return err
	}
	if problem := eventstore.CheckJSON(raw); problem != "" {
		return errors.New(problem)
	}
	return nil
}

func (w *world) stepConfig(in []byte) error {
	_, err := w.registry.CheckConfig(httpapi.Slug, in)
	return err
}

// body sends requests to an API; that it fails is its own fault and not the input's.
func (w *world) body() func([]byte) error {
	api := apitest.New(w.t)
	person := api.SignUp("anna@example.com")
	return func(in []byte) error {
		for _, path := range []string{"/auth/login", "/workspaces"} {
			a := person.Call(http.MethodPost, path, string(in))
			if a.Status >= http.StatusInternalServerError {
				return fmt.Errorf("a request to %s ends with %d: %s", path, a.Status, a.Raw)
			}
			if a.Error != nil {
				return errors.New(a.Error.Message)
			}
		}
		return nil
	}
}

func (w *world) settings(in []byte) error {
	path := filepath.Join(w.dir, "settings")
	require.NoError(w.t, os.WriteFile(path, in, 0o600))
	_, err := config.Load(map[string]string{"MORKET_CONFIG": path})
	return err
}

func (w *world) run(in []byte) error {
	path := filepath.Join(w.dir, "input")
	require.NoError(w.t, os.WriteFile(path, in, 0o600))
	return offline.Run(w.t.Context(), offline.Config{
		In: path, Enrich: []string{"name_split:#1->first_name"}, Out: filepath.Join(w.dir, "out.csv"), Errors: filepath.Join(w.dir, "errors.csv"), Header: "auto", Concurrency: 4, Quiet: true,
		Registry: w.registry, Clock: kernel.SystemClock{}, Stdin: bytes.NewReader(nil), Stdout: io.Discard, Stderr: io.Discard,
	})
}

// uploads looks through a file as an upload is looked through, and checks the import of all that it finds.
func (w *world) uploads() func(name string, in []byte) error {
	clock := kernel.SystemClock{}
	codec, err := eventstore.NewCodec(dataops.Events(), table.Events(), enrichment.Events())
	require.NoError(w.t, err)
	files, err := objectstore.NewFolder(filepath.Join(w.dir, "objects"), clock)
	require.NoError(w.t, err)
	ids := kernel.NewIDs(clock)
	h, err := dataopscmd.New(dataopscmd.Config{Store: memstore.New(clock), Codec: codec, IDs: ids, Clock: clock, Files: files, Formats: tablefile.Imports{}, Grid: noRows{}, Wait: noRows{}})
	require.NoError(w.t, err)
	meta := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: ids.New(kernel.PrefixUser)}, Workspace: kernel.WorkspaceID(ids.New(kernel.PrefixWorkspace))}
	return func(name string, in []byte) error {
		up, err := h.Upload(w.t.Context(), meta, dataopscmd.Upload{Filename: name, Body: bytes.NewReader(in)})
		if err != nil {
			return err
		}
		checking, err := h.StartCheck(w.t.Context(), meta, dataopscmd.Commit{ImportID: up.Value.ID, NewTable: "T"})
		if err != nil {
			return err
		}
		defer checking.Close()
		_, err = checking.Run(w.t.Context(), func(float64) {})
		return err
	}
}

// noRows is a grid without any.
type noRows struct{ dataopscmd.Grid }

// Wait implements dataopscmd.Progress.
func (noRows) Wait(_ context.Context, _ string, position int64) (int64, bool) { return position, true }

// scraped looks at a page for everything that is looked for.
func (w *world) scraped() func([]byte) error {
	w.t.Helper()
	r, err := extract.NewRegistry(websiteprofile.Bound, page.Extractor{}, jobposting.Extractor{}, profilepage.Extractor{}, imprint.Extractor{})
	require.NoError(w.t, err)
	return func(in []byte) error {
		p := scrape.Page{URL: "https://example.com/", Status: http.StatusOK, Body: []byte(websiteprofile.Decode(in, "text/html"))}
		look := r.Look(p)
		look.Shell()
		for _, target := range r.Targets() {
			if _, err := look.Extract(target); err != nil {
				return err
			}
		}
		return nil
	}
}
