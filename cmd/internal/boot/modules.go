package boot

import (
	"github.com/morket/morket/adapters/pgread"
	"github.com/morket/morket/adapters/pgread/analyticsread"
	"github.com/morket/morket/adapters/pgread/auditread"
	"github.com/morket/morket/adapters/pgread/authread"
	"github.com/morket/morket/adapters/pgread/credentialread"
	"github.com/morket/morket/adapters/pgread/creditread"
	"github.com/morket/morket/adapters/pgread/dataopsread"
	"github.com/morket/morket/adapters/pgread/enrichmentread"
	"github.com/morket/morket/adapters/pgread/gridread"
	"github.com/morket/morket/adapters/pgread/historyread"
	"github.com/morket/morket/adapters/pgread/savedsearchread"
	"github.com/morket/morket/adapters/pgread/searchread"
	"github.com/morket/morket/adapters/pgread/webhookread"
	"github.com/morket/morket/adapters/pgread/workspaceread"
	"github.com/morket/morket/domain/access"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/operation"
	"github.com/morket/morket/domain/search"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/auditview"
	"github.com/morket/morket/projections/authview"
	"github.com/morket/morket/projections/credentialview"
	"github.com/morket/morket/projections/creditview"
	"github.com/morket/morket/projections/dataopsview"
	"github.com/morket/morket/projections/enrichmentview"
	"github.com/morket/morket/projections/gridview"
	"github.com/morket/morket/projections/historyview"
	"github.com/morket/morket/projections/savedsearchview"
	"github.com/morket/morket/projections/searchview"
	"github.com/morket/morket/projections/webhookview"
	"github.com/morket/morket/projections/workspaceview"
)

// Codec knows the events of every module.
func Codec() (*eventstore.Codec, error) {
	return eventstore.NewCodec(auth.Events(), workspace.Events(), table.Events(), dataops.Events(), credit.Events(), credential.Events(), enrichment.Events(), operation.Events(), access.Events(), search.Events(), webhook.Events())
}

// models are the read models of every module.
func models() []pgread.Model {
	return []pgread.Model{
		authread.Model(), workspaceread.Model(), gridread.Model(), historyread.Model(), dataopsread.Model(), enrichmentread.Model(), creditread.Model(), credentialread.Model(), auditread.Model(),
		analyticsread.Model(), pgread.External(analyticsview.NameClickHouse),
		searchread.Model(), pgread.External(searchview.NameOpenSearch), savedsearchread.Model(), webhookread.Model(),
	}
}

// projectors keep the read models of the modules that are always in Postgres, one each.
func projectors(codec *eventstore.Codec) []projections.Projector {
	return []projections.Projector{
		authview.New(codec, authread.Open),
		workspaceview.New(codec, workspaceread.Open),
		gridview.New(codec, gridread.NewStructures().NewWriter),
		historyview.New(codec, historyread.NewWriter),
		dataopsview.New(dataopsread.Open),
		enrichmentview.New(enrichmentread.Open),
		creditview.New(creditread.Open),
		credentialview.New(credentialread.Open),
		auditview.New(codec, auditread.Open),
		savedsearchview.New(codec, savedsearchread.Open),
		webhookview.New(codec, webhookread.Open),
	}
}
