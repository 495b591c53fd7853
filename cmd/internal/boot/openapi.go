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
	c := &core{
		base:    &base{clock: clock},
		ids:     kernel.NewIDs(clock),
		metrics: telemetry.NewMetrics("1", clock),
		encoder: cloudevent.NewEncoder("", Published()),
	}
	v := &views{core: c, analytics: &analytics{core: c, projector: analyticsview.New(analyticsview.Name, nil)}, search: &searchStore{core: c}}
	m := &modules{
		accounts:    &accounts{core: c},
		tables:      &tables{core: c},
		dataOps:     &dataOps{core: c},
		dedups:      &dedups{},
		enrichments: &enrichments{core: c},
		finds:       &finds{core: c},
		crms:        &crms{core: c},
		credits:     &credits{core: c},
		payments:    &payments{core: c},
		credentials: &credentials{core: c},
		feed:        &feed{core: c},
		searches:    &searches{core: c, views: v},
		comments:    &comments{core: c, tables: &tables{core: c}},
		analysis:    &analysis{kept: v.analytics, shared: &shared{}},
		webhooks:    &webhooks{core: c},
		workflows:   &workflows{core: c},
		operations:  &operations{core: c},
		erasures:    &erasures{core: c},
		audit:       &audit{core: c},
	}
	a := httpapi.New(httpapi.Config{Clock: clock, IDs: c.ids, Logger: slog.New(slog.DiscardHandler), Version: "1"})
	m.endpoints(a)
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
