package boot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/telemetry"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/projections/analyticsview"
)

// OpenAPI makes the API's document without a server: the endpoints are added as they are for one, to nothing behind them.
func OpenAPI() ([]byte, error) {
	clock := kernel.SystemClock{}
	s := &server{
		Platform: &Platform{
			clock: clock, ids: kernel.NewIDs(clock), metrics: telemetry.NewMetrics("1", clock), encoder: cloudevent.NewEncoder("", Published()),
			analytics: &analytics{projector: analyticsview.New(analyticsview.Name, nil)},
		},
		shared: &shared{}, accounts: &accounts{}, credits: &credits{}, flows: &flows{}, tables: &tables{}, dataOps: &dataOps{}, enrich: &enrichments{},
		feed: &feed{}, operate: &operations{}, search: &searches{}, webhooks: &webhooks{},
	}
	a := httpapi.New(httpapi.Config{Clock: clock, IDs: s.ids, Logger: slog.New(slog.DiscardHandler), Version: "1"})
	s.register(a)
	doc, err := a.Document()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, doc, "", "  "); err != nil {
		return nil, fmt.Errorf("indent the OpenAPI document: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}
