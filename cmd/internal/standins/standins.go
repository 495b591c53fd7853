// Package standins lets somebody see a whole waterfall without an account anywhere: it serves stand-ins of the vendors on this machine, and
// puts their keys, a table of made-up people and a column over all of them into the demo workspace of a running Morket.
package standins

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/morket/morket/adapters/httpapi/billingapi"
	"github.com/morket/morket/adapters/outbound/providers/twins"
	"github.com/morket/morket/adapters/outbound/stripegw/stripetwin"
)

// Address is where the stand-ins are served, each under its vendor's name. make run names it in MORKET_PROVIDER_URLS.
const Address = "127.0.0.1:8610"

// Keys are those that the stand-ins take.
const (
	hunterKey = "hunter-stand-in-key"
	apolloKey = "apollo-stand-in-key"
	clearbit  = "clearbit-stand-in-key"
	modelKey  = "model-stand-in-key"
	searchKey = "search-stand-in-key"
)

// Serve starts the stand-ins, sets the demo workspace of the Morket at the address up, says on out what to do, and serves until ctx ends.
func Serve(ctx context.Context, morket string, out io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", Address)
	if err != nil {
		return fmt.Errorf("serve the stand-ins: %w", err)
	}
	stripe := Stripe(time.Now)
	mux := http.NewServeMux()
	mux.Handle("/", Handler(time.Now))
	mux.Handle("/stripe/", http.StripPrefix("/stripe", stripe))
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(listener) }()
	defer func() { _ = srv.Close() }()
	morket = strings.TrimSuffix(morket, "/")
	go stripe.Deliver(ctx, morket+billingapi.WebhookPath)
	link, err := setUp(ctx, morket)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, `The stand-ins of Hunter, Apollo, Clearbit, a model's API and a search engine run at http://%s.
Their keys are in the demo workspace, and a table of %d made-up people with the columns "%s" and "%s":

  %s

Open the menu of one and choose Run; the second reads a page for each row, politely, so begin with the first 10 rows. `+
		`What each stand-in was asked: http://%[1]s/hunter/twin/journal

Stripe's stand-in is at http://%[1]s/stripe: plans and packs can be bought under Billing if Morket was started by make run BILLING=demo.
Its clock moves on by: curl -d days=31 http://%[1]s/stripe/twin/advance

HubSpot's stand-in is at http://%[1]s/hubspot `+
		`and Salesforce's at http://%[1]s/salesforce, each with 60 people of that table and 20 companies.
They can be connected under Integrations if Morket was started by make run CRM=demo. What one was asked: http://%[1]s/hubspot/twin/journal

Ctrl-C stops them.
`, Address, people, column, researched, link)
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-served:
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	}
}

// Stripe is Stripe's stand-in, which is served below /stripe. Its keys are those that make run BILLING=demo starts Morket with.
func Stripe(now func() time.Time) *stripetwin.Twin {
	const key, secret = "sk_stand_in", "whsec_stand_in" //nolint:gosec // meant to be known
	return stripetwin.New(stripetwin.Config{Key: key, Secret: secret, Base: "http://" + Address + "/stripe", Now: now})
}

// Handler serves the stand-ins of providers. Their plans are those of paying customers, with the vendors' own limits.
func Handler(now func() time.Time) http.Handler {
	const plenty = -1
	mux := http.NewServeMux()
	for vendor, twin := range map[string]http.Handler{
		"hunter":   twins.NewHunter(now, map[string]twins.HunterPlan{hunterKey: {Searches: plenty, Verifications: plenty}}),
		"apollo":   twins.NewApollo(now, map[string]twins.ApolloKey{apolloKey: {PerMinute: 1000, Credits: plenty}}),
		"clearbit": twins.NewClearbit(now, map[string]int{clearbit: plenty}),
		"llm":      twins.NewLLM(now, modelKey),
		"serper":   twins.NewSearch(now, map[string]int{searchKey: plenty}, sites()...),
	} {
		mux.Handle("/"+vendor+"/", http.StripPrefix("/"+vendor, twin))
	}
	mux.Handle("/hubspot/", http.StripPrefix("/hubspot", HubSpot(now)))
	mux.Handle("/salesforce/", http.StripPrefix("/salesforce", Salesforce(now, "http://"+Address+"/salesforce")))
	mux.HandleFunc("GET /web/{site}", showSite)
	return mux
}

// URLs is the setting MORKET_PROVIDER_URLS for the stand-ins.
func URLs() string {
	var parts []string
	for _, vendor := range []string{"hunter", "apollo", "clearbit", "llm", "serper", "web"} {
		parts = append(parts, vendor+"=http://"+Address+"/"+vendor)
	}
	return strings.Join(parts, ",")
}
