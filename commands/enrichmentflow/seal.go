package enrichmentflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// seal moves what the providers answered out of the clear. Answers that were paid for are worth waiting for keys that are away.
func (s *slice) seal(events []enrichment.RunAnswersRecorded, now time.Time) error {
	subject := enrichment.AnswerKey(s.in.Workspace, now)
	for i := range events {
		e := &events[i]
		for n := range e.Provenance {
			p := &e.Provenance[n]
			if len(p.Outputs) == 0 && len(p.Best) == 0 {
				continue
			}
			plain, err := json.Marshal(enrichment.AnswerBody{Outputs: p.Outputs, Best: p.Best})
			if err != nil {
				return err
			}
			var body []byte
			err = s.patiently(func() error {
				body, err = s.r.cfg.Sealer.Seal(s.hard, subject, plain)
				return err
			})
			if err != nil {
				return fmt.Errorf("seal answers of run %s: %w", s.in.Run, err)
			}
			p.Outputs, p.Best = nil, nil
			e.Kept, e.KeptFor = append(e.Kept, enrichment.KeptAnswer{Index: n, Body: body}), subject
		}
	}
	return nil
}

// patiently repeats fn for as long as a log that is away would be waited for.
func (s *slice) patiently(fn func() error) error {
	began, pauses := s.r.cfg.Clock.Now(), kernel.Doubling(firstPauseOfLog, longestPauseOfLog)
	for {
		err := fn()
		if err == nil || s.r.cfg.Clock.Now().Sub(began) > patienceWithLog {
			return err
		}
		if e := s.r.cfg.Engine.Sleep(s.hard, pauses.NextBackOff()); e != nil {
			return errors.Join(err, e)
		}
	}
}
