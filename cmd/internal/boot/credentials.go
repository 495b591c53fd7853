package boot

import (
	"context"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/credentialapi"
	"github.com/morket/morket/adapters/postgres/credentialread"
	"github.com/morket/morket/commands/credentialcmd"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// credentials are the keys of providers that workspaces bring.
type credentials struct {
	core      *core
	handlers  *credentialcmd.Handlers
	providers *enrichment.Registry
}

func newCredentials(c *core, providers *enrichment.Registry) *credentials {
	return &credentials{core: c, handlers: credentialcmd.NewHandlers(c.store, c.codec, c.ids, c.vault), providers: providers}
}

func (m *credentials) endpoints(a *httpapi.API) {
	credentialapi.Register(a, credentialapi.Deps{
		Handlers: m.handlers,
		Reads:    credentialread.NewQueries(m.core.rows),
		Kind:     m.providers.Kind,
		Prove:    m.providers.Prove,
	})
}

func (m *credentials) parts() parts { return parts{} }

// Open implements waterfall.Secrets: each opening for a run is in the credential's history.
func (m *credentials) Open(ctx context.Context, ws kernel.WorkspaceID, id kernel.CredentialID) (map[string]string, []string, error) {
	return m.handlers.Open(ctx, kernel.Meta{Actor: kernel.System(), Workspace: ws}, id, "enrichment")
}
