package standins

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/cmd/internal/demo"
)

const (
	people     = 5000
	column     = "Work email"
	researched = "City, by research"
	tableName  = "Leads (made up)"
	within     = 2 * time.Minute
	look       = 500 * time.Millisecond
)

// client talks to Morket's API on behalf of the demo account.
type client struct {
	base, token, ws string
}

// setUp adds what is missing and returns the address of the table.
func setUp(ctx context.Context, morket string) (string, error) {
	c := &client{base: morket}
	if err := c.signIn(ctx); err != nil {
		return "", err
	}
	keys, err := c.keys(ctx)
	if err != nil {
		return "", err
	}
	if err := c.credits(ctx); err != nil {
		return "", err
	}
	table, made, err := c.table(ctx)
	if err != nil {
		return "", err
	}
	if made {
		if err := c.column(ctx, table, keys); err != nil {
			return "", err
		}
		if err := c.research(ctx, table, keys); err != nil {
			return "", err
		}
	}
	return morket + "/w/" + strings.TrimPrefix(c.ws, "/workspaces/") + "/tables/" + table, nil
}

// workspace is what is read of one.
type workspace struct {
	ID   string `json:"id"`
	Slug string `json:"slug"`
}

func (c *client) signIn(ctx context.Context) error {
	var session struct {
		Token string `json:"access_token"`
	}
	err := c.call(ctx, http.MethodPost, "/auth/login", map[string]string{"email": demo.Email, "password": demo.Password}, &session)
	if err != nil {
		return fmt.Errorf("sign in with the demo login, which only make run on this machine has: %w", err)
	}
	c.token = session.Token
	var list []workspace
	if err := c.call(ctx, http.MethodGet, "/workspaces", nil, &list); err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(w workspace) bool { return w.Slug == "demo" })
	if i < 0 {
		return errors.New("there is no demo workspace")
	}
	c.ws = "/workspaces/" + list[i].ID
	return nil
}

// credential is what is read of one.
type credential struct {
	ID       string   `json:"id"`
	Provider string   `json:"provider"`
	Hosts    []string `json:"hosts"`
}

// keys are the stand-ins' credentials by vendor; those that are missing are added, and each is tried.
func (c *client) keys(ctx context.Context) (map[string]string, error) {
	var have []credential
	if err := c.call(ctx, http.MethodGet, c.ws+"/credentials", nil, &have); err != nil {
		return nil, err
	}
	host, _, _ := strings.Cut(Address, ":")
	out := map[string]string{}
	for _, k := range []struct{ vendor, name, key string }{
		{"hunter", "Hunter's stand-in", hunterKey},
		{"apollo", "Apollo's stand-in", apolloKey},
		{"clearbit", "Clearbit's stand-in", clearbit},
		{"llm", "A model's stand-in", modelKey},
		{"serper", "A search engine's stand-in", searchKey},
	} {
		for _, cr := range have {
			if cr.Provider == k.vendor && slices.Equal(cr.Hosts, []string{host}) {
				out[k.vendor] = cr.ID
			}
		}
		if out[k.vendor] == "" {
			var made credential
			in := map[string]any{"provider": k.vendor, "name": k.name, "secret": map[string]string{"api_key": k.key}, "hosts": []string{host}}
			if err := c.call(ctx, http.MethodPost, c.ws+"/credentials", in, &made); err != nil {
				return nil, err
			}
			out[k.vendor] = made.ID
		}
		var tested struct {
			OK      bool   `json:"ok"`
			Message string `json:"message"`
		}
		if err := c.call(ctx, http.MethodPost, c.ws+"/credentials/"+out[k.vendor]+"/test", map[string]any{}, &tested); err != nil {
			return nil, err
		}
		if !tested.OK {
			return nil, fmt.Errorf("morket can't use the stand-in of %s (%s): start it by make run, or with MORKET_PROVIDER_URLS=%s", k.vendor,
				tested.Message, URLs())
		}
	}
	return out, nil
}

// enough credits for a run over all people, in millicredits.
const enough = 2 * people * 1000

// credits grants what a run over all people may cost, as the operator that the demo login is.
func (c *client) credits(ctx context.Context) error {
	var has struct {
		Available int64 `json:"available_mc"`
	}
	if err := c.call(ctx, http.MethodGet, c.ws+"/credits", nil, &has); err != nil {
		return err
	}
	if has.Available >= enough {
		return nil
	}
	grant := map[string]any{"amount_mc": enough - has.Available, "note": "For the stand-ins' table"}
	return c.call(ctx, http.MethodPost, c.ws+"/credits/grants", grant, nil)
}

// table is the table of people, made by an import unless it is there.
func (c *client) table(ctx context.Context) (id string, made bool, err error) {
	var tables []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	if err := c.call(ctx, http.MethodGet, c.ws+"/tables", nil, &tables); err != nil {
		return "", false, err
	}
	for _, t := range tables {
		if t.Name == tableName {
			return t.ID, false, nil
		}
	}
	var i struct {
		ID      string `json:"id"`
		State   string `json:"state"`
		TableID string `json:"table_id"`
		Error   string `json:"error"`
	}
	if err := c.send(ctx, http.MethodPost, c.ws+"/imports?filename=leads.csv", "text/csv", []byte(leads()), &i); err != nil {
		return "", false, err
	}
	var mapping []any
	for n, name := range strings.Split(header, ",") {
		mapping = append(mapping, map[string]any{"index": n, "new_column": map[string]any{"name": name, "type": "text"}})
	}
	commit := map[string]any{"new_table": map[string]any{"name": tableName}, "header": true, "mapping": mapping}
	if err := c.call(ctx, http.MethodPost, c.ws+"/imports/"+i.ID+"/commit", commit, nil); err != nil {
		return "", false, err
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for i.State != "completed" {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return "", false, fmt.Errorf("the import of the people has not ended within %s", within)
		}
		if err := c.call(ctx, http.MethodGet, c.ws+"/imports/"+i.ID, nil, &i); err != nil {
			return "", false, err
		}
		if i.State == "failed" {
			return "", false, errors.New(i.Error)
		}
	}
	return i.TableID, true, nil
}

// column adds the waterfall: what guesses by pattern for free where there is such a provider, Hunter, Apollo, and a model last.
func (c *client) column(ctx context.Context, table string, keys map[string]string) error {
	var providers []struct {
		Slug    string                  `json:"slug"`
		Auth    string                  `json:"auth"`
		Inputs  []struct{ Name string } `json:"inputs"`
		Outputs []struct{ Name string } `json:"outputs"`
	}
	if err := c.call(ctx, http.MethodGet, "/providers", nil, &providers); err != nil {
		return err
	}
	names := map[string]string{"first_name": "First name", "last_name": "Last name", "domain": "Domain"}
	inputs := map[string]any{}
	for input, name := range names {
		inputs[input] = map[string]string{"column": name}
	}
	verified := map[string]any{"type": "email", "verified": true}
	var steps []any
	for _, p := range providers {
		has := func(list []struct{ Name string }, name string) bool {
			return slices.ContainsFunc(list, func(f struct{ Name string }) bool { return f.Name == name })
		}
		if p.Auth == "none" && has(p.Inputs, "last_name") && has(p.Inputs, "first_name") && has(p.Inputs, "domain") && has(p.Outputs, "email") {
			steps = append(steps, map[string]any{"provider": p.Slug, "inputs": inputs, "output": "email", "validator": verified})
		}
	}
	steps = append(steps,
		map[string]any{
			"provider":      "hunter_email_finder",
			"inputs":        inputs,
			"output":        "email",
			"credential_id": keys["hunter"],
			"validator":     verified,
		},
		map[string]any{
			"provider":      "apollo_person",
			"inputs":        inputs,
			"output":        "email",
			"credential_id": keys["apollo"],
			"validator":     map[string]any{"type": "email"},
		},
		map[string]any{
			"provider": "llm", "output": "email", "credential_id": keys["llm"], "validator": map[string]any{"type": "email", "min_confidence": 0.6},
			"config": map[string]any{
				"base_url":   "http://" + Address + "/llm/v1",
				"model":      "stand-in",
				"prompt":     "What is the likely work email address of {{First name}} {{Last name}} at {{Domain}}?",
				"outputs":    map[string]any{"email": map[string]string{"type": "email"}},
				"price_in":   0.15,
				"price_out":  0.6,
				"row_budget": 0.01,
				"run_budget": 1,
			},
		})
	body := map[string]any{"name": column, "type": "email", "config": map[string]any{"steps": steps}}
	return c.call(ctx, http.MethodPost, c.ws+"/tables/"+table+"/enrichment-columns", body, nil)
}

// research adds the column that a model fills from the companies' pages.
func (c *client) research(ctx context.Context, table string, keys map[string]string) error {
	step := map[string]any{
		"provider":            "research",
		"output":              "city",
		"credential_id":       keys["llm"],
		"further_credentials": map[string]string{"search": keys["serper"]},
		"config": map[string]any{
			"base_url":   "http://" + Address + "/llm/v1",
			"model":      "stand-in",
			"question":   "In which city is {{Company}}, and how many employees does it have?",
			"outputs":    map[string]any{"city": map[string]string{"type": "text"}, "employees": map[string]string{"type": "number"}},
			"price_in":   0.15,
			"price_out":  0.6,
			"row_budget": 0.05,
			"run_budget": 5,
		},
	}
	body := map[string]any{"name": researched, "type": "text", "config": map[string]any{"steps": []any{step}}}
	return c.call(ctx, http.MethodPost, c.ws+"/tables/"+table+"/enrichment-columns", body, nil)
}

// call makes a request and decodes the data of its answer into out unless that is nil.
func (c *client) call(ctx context.Context, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	return c.send(ctx, method, path, "application/json", body, out)
}

const maxAnswer = 10 << 20

func (c *client) send(ctx context.Context, method, path, contentType string, body []byte, out any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", contentType)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask Morket: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read Morket's answer: %w", err)
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s: %.500s", method, path, res.Status, b)
	}
	if out == nil {
		return nil
	}
	var answer struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return json.Unmarshal(answer.Data, out)
}
