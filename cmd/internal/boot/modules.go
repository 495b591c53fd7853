package boot

import (
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/analyticsread"
	"github.com/morket/morket/adapters/postgres/auditread"
	"github.com/morket/morket/adapters/postgres/authread"
	"github.com/morket/morket/adapters/postgres/commentread"
	"github.com/morket/morket/adapters/postgres/credentialread"
	"github.com/morket/morket/adapters/postgres/creditread"
	"github.com/morket/morket/adapters/postgres/crmread"
	"github.com/morket/morket/adapters/postgres/dataopsread"
	"github.com/morket/morket/adapters/postgres/dedupread"
	"github.com/morket/morket/adapters/postgres/enrichmentread"
	"github.com/morket/morket/adapters/postgres/findread"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/postgres/historyread"
	"github.com/morket/morket/adapters/postgres/savedsearchread"
	"github.com/morket/morket/adapters/postgres/scraperead"
	"github.com/morket/morket/adapters/postgres/searchread"
	"github.com/morket/morket/adapters/postgres/webhookread"
	"github.com/morket/morket/adapters/postgres/workflowread"
	"github.com/morket/morket/adapters/postgres/workspaceread"
	"github.com/morket/morket/domain/access"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/comment"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/find"
	"github.com/morket/morket/domain/operation"
	"github.com/morket/morket/domain/scrape"
	"github.com/morket/morket/domain/search"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/auditview"
	"github.com/morket/morket/projections/authview"
	"github.com/morket/morket/projections/commentview"
	"github.com/morket/morket/projections/credentialview"
	"github.com/morket/morket/projections/creditview"
	"github.com/morket/morket/projections/crmview"
	"github.com/morket/morket/projections/dataopsview"
	"github.com/morket/morket/projections/dedupview"
	"github.com/morket/morket/projections/enrichmentview"
	"github.com/morket/morket/projections/findview"
	"github.com/morket/morket/projections/gridview"
	"github.com/morket/morket/projections/historyview"
	"github.com/morket/morket/projections/savedsearchview"
	"github.com/morket/morket/projections/scrapeview"
	"github.com/morket/morket/projections/searchview"
	"github.com/morket/morket/projections/webhookview"
	"github.com/morket/morket/projections/workflowview"
	"github.com/morket/morket/projections/workspaceview"
)

// Codec knows the events of every module.
func Codec() (*eventstore.Codec, error) {
	return eventstore.NewCodec(auth.Events(), workspace.Events(), table.Events(), dataops.Events(), credit.Events(),
		billing.Events(), credential.Events(), enrichment.Events(), operation.Events(), access.Events(), search.Events(),
		webhook.Events(), scrape.Events(), find.Events(), dedup.Events(), comment.Events(), crm.Events(), workflow.Events(),
		erasure.Events())
}

// models are the read models of every module.
func models() []postgres.Model {
	return []postgres.Model{
		authread.Model(), workspaceread.Model(), gridread.Model(), historyread.Model(), dataopsread.Model(), enrichmentread.Model(),
		creditread.Model(), credentialread.Model(), auditread.Model(),
		analyticsread.Model(), postgres.External(analyticsview.NameClickHouse),
		searchread.Model(), postgres.External(searchview.NameOpenSearch), savedsearchread.Model(), webhookread.Model(), scraperead.Model(),
		findread.Model(), dedupread.Model(), commentread.Model(), crmread.Model(), workflowread.Model(),
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
		scrapeview.New(codec, scraperead.Open),
		findview.New(codec, findread.Open),
		dedupview.New(codec, dedupread.Open),
		commentview.New(codec, commentread.Open),
		crmview.New(codec, crmread.Open),
		workflowview.New(codec, workflowread.Open),
	}
}
