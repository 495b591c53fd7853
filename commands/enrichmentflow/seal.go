package enrichmentflow

import (
	"bytes"
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
			answer, asked, some := bodyOf(&e.Provenance[n])
			if !some {
				continue
			}
			plain, err := json.Marshal(answer)
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
			e.Kept, e.KeptFor = append(e.Kept, enrichment.KeptAnswer{Index: n, Body: body, Asked: asked}), subject
		}
	}
	return nil
}

// bodyOf takes what is sealed of a cell out of its provenance, with the questions whose replies are in it; some is false where there is
// nothing. The accepted reply's outputs are in it once.
func bodyOf(p *enrichment.Provenance) (body enrichment.AnswerBody, asked []enrichment.Question, some bool) {
	body = enrichment.AnswerBody{Outputs: p.Outputs, Best: p.Best, Stories: p.TakeStories(), Exchanges: p.Exchanges}
	for _, r := range p.Replies {
		if len(p.Outputs) > 0 && bytes.Equal(r.Outputs, p.Outputs) {
			r.Outputs, r.Accepted = nil, true
		}
		body.Replies = append(body.Replies, r)
		asked = append(asked, r.Question)
	}
	p.Outputs, p.Best, p.Replies, p.Exchanges = nil, nil, nil, nil
	return body, asked, !body.Empty()
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
