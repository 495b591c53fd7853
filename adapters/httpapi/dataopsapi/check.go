package dataopsapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/sse"
	"github.com/morket/morket/domain/kernel"
)

// check reads the file as it would be imported and tells, as a stream of events, how far it is, then what would be lost.
func (s service) check(ctx context.Context, p httpapi.Principal, in *commitIn) (func(http.ResponseWriter) error, error) {
	meta := kernel.Meta{Actor: p.Actor, Workspace: p.Workspace, Command: "check-import"}
	checking, err := s.Handlers.StartCheck(ctx, meta, in.command())
	if err != nil {
		return nil, err
	}
	return func(rw http.ResponseWriter) error {
		defer checking.Close()
		out := sse.New(rw)
		told := -1
		report, err := checking.Run(ctx, func(done float64) {
			if percent := int(100 * done); percent > told { //nolint:mnd // per cent
				told = percent
				_ = out.Send("", "progress", fmt.Appendf(nil, `{"progress":%.2f}`, done)) // a client that has left ends the request
			}
		})
		if err != nil {
			return err
		}
		body, err := json.Marshal(report)
		if err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		return sse.Ended(out.Send("", "report", body))
	}, nil
}
