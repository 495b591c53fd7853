package boot

import (
	"context"
	"errors"
	"net/http"

	"github.com/morket/morket/adapters/outbound/providers/httpapi"
	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/adapters/outbound/webhooksend"
	"github.com/morket/morket/commands/credentialcmd"
	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// workflowCaller calls other systems for workflows.
type workflowCaller struct {
	api   *httpapi.Provider
	vault *credentialcmd.Handlers
}

func newWorkflowCaller(c *core, vault *credentialcmd.Handlers) workflowCaller {
	client := safedial.NewClient(safedial.Config{
		Allow: c.cfg.DialAllow, Resolver: safedial.NewResolver(c.cfg.DNSServer), Redirects: -1, Timeout: webhooksend.Timeout,
	})
	agent := "Morket/" + Version + " (+https://github.com/morket/morket)"
	return workflowCaller{api: httpapi.New(wire.New(client, safedial.Body, agent, c.clock)), vault: vault}
}

// Open implements workflowcmd.Caller.
func (c workflowCaller) Open(ctx context.Context, meta kernel.Meta, id kernel.CredentialID) (workflowcmd.Key, error) {
	secret, hosts, err := c.vault.Open(ctx, meta, id, "workflow")
	return workflowcmd.Key{Secret: secret, Hosts: hosts}, err
}

// Call implements workflowcmd.Caller. Where a POST or PATCH has lost its answer nobody knows whether it was done: it is not repeated by
// itself.
func (c workflowCaller) Call(ctx context.Context, r workflowcmd.Request) workflowcmd.Reply {
	err := c.api.Act(ctx, httpapi.Action{
		Method: r.Method, URL: r.URL, Headers: r.Headers, Body: r.Body, Key: r.Name,
		Auth: httpapi.Auth{Kind: r.Auth, Name: r.AuthName}, Secret: r.Key.Secret, Hosts: r.Key.Hosts,
	})
	if err == nil {
		return workflowcmd.Reply{}
	}
	ce := enrichment.AsCallError(err)
	reply := workflowcmd.Reply{Err: errors.New(ce.Message), After: ce.RetryAfter}
	switch ce.Kind {
	case enrichment.CallRateLimited, enrichment.CallFailed, enrichment.CallTimeout, enrichment.CallUnreachable:
		reply.Again = true
	default: // it would fail again
	}
	if ce.Lost && (r.Method == http.MethodPost || r.Method == http.MethodPatch) {
		reply.Again = false
		reply.Err = errors.New(ce.Message + "; whether it was done is not known, look there before you resume the run")
	}
	return reply
}
