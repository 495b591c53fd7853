package boot

import (
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/auditapi"
	"github.com/morket/morket/adapters/postgres/auditread"
	"github.com/morket/morket/adapters/postgres/workspaceread"
	"github.com/morket/morket/commands/accesscmd"
)

// audit is the audit log, and the record of access that changes nothing, which it shows too.
type audit struct {
	core     *core
	recorder *accesscmd.Recorder
}

func newAudit(c *core) (*audit, error) {
	recorder, err := accesscmd.New(accesscmd.Config{Store: c.store, Codec: c.codec, Clock: c.clock, Logger: c.log})
	return &audit{core: c, recorder: recorder}, err
}

func (m *audit) endpoints(a *httpapi.API) {
	auditapi.Register(a, auditapi.Deps{
		Reads: auditread.NewQueries(m.core.rows, m.core.store),
		Names: workspaceread.NewQueries(m.core.rows, m.core.ring),
	})
}

func (m *audit) parts() parts {
	return parts{tasks: []task{{name: "access log", run: m.recorder.Run}}}
}
