package boot

import (
	"net/http"

	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/crmcmd"
	"github.com/morket/morket/domain/kernel"
)

// Connectors are the CRMs that can be connected, with the installation's apps at them. It is the only place where they are made. measure is
// around each request; it may be nil.
func Connectors(_ config.Config, _ kernel.Clock, _ func(http.RoundTripper) http.RoundTripper) []crmcmd.CRM {
	return nil
}
