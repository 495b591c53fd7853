package boot

import (
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/auditapi"
	"github.com/morket/morket/adapters/postgres/auditread"
	"github.com/morket/morket/adapters/postgres/workspaceread"
	"github.com/morket/morket/commands/accesscmd"
)

// recorder records access that changes nothing, for the audit log.
func (p *Platform) recorder() (*accesscmd.Recorder, error) {
	return accesscmd.New(accesscmd.Config{Store: p.store, Codec: p.codec, Clock: p.clock, Logger: p.log})
}

func (p *Platform) registerAudit(a *httpapi.API) {
	auditapi.Register(a, auditapi.Deps{Reads: auditread.NewQueries(p.rows, p.store), Names: workspaceread.NewQueries(p.rows, p.ring)})
}
