package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// call is a vulnerability in code that is reached.
type call struct {
	id     string // GO-…
	module string // module@version
	mended string // the version that mends it; empty: none
	where  string // the function of ours that reaches it
}

// acceptance is a vulnerability that is known and lived with.
type acceptance struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
	Until  string `json:"until"` // YYYY-MM-DD
}

func readAccepted(text []byte) ([]acceptance, error) {
	var all []acceptance
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&all); err != nil {
		return nil, fmt.Errorf("read what is accepted: %w", err)
	}
	for _, a := range all {
		if _, err := time.Parse(time.DateOnly, a.Until); err != nil || a.ID == "" || len(a.Reason) < 20 {
			return nil, fmt.Errorf("an acceptance needs an id, a reason of a sentence and a day until when: %+v", a)
		}
	}
	return all, nil
}

// readFindings reads govulncheck's stream of JSON messages. A finding whose trace begins with a function is of code that is called.
func readFindings(stream []byte) ([]call, error) {
	var calls []call
	dec := json.NewDecoder(bytes.NewReader(stream))
	for {
		var m struct {
			Finding *struct {
				OSV   string `json:"osv"`
				Fixed string `json:"fixed_version"`
				Trace []struct{ Module, Version, Package, Function string }
			}
		}
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read govulncheck's answer: %w", err)
		}
		f := m.Finding
		if f == nil || len(f.Trace) == 0 || f.Trace[0].Function == "" {
			continue
		}
		if slices.ContainsFunc(calls, func(c call) bool { return c.id == f.OSV }) {
			continue
		}
		first, last := f.Trace[0], f.Trace[len(f.Trace)-1]
		calls = append(calls, call{f.OSV, first.Module + "@" + first.Version, f.Fixed, last.Package + "." + last.Function})
	}
	return calls, nil
}

// judge returns what is not accepted, or no longer, and acceptances that nothing needs.
func judge(calls []call, accepted []acceptance, now time.Time) []string {
	var problems []string
	today := now.UTC().Format(time.DateOnly)
	for _, c := range calls {
		i := slices.IndexFunc(accepted, func(a acceptance) bool { return a.ID == c.id })
		switch {
		case i < 0 && c.mended != "":
			problems = append(problems, fmt.Sprintf("%s in %s, reached from %s: update to %s", c.id, c.module, c.where, c.mended))
		case i < 0:
			problems = append(problems, fmt.Sprintf("%s in %s, reached from %s: no version mends it", c.id, c.module, c.where))
		case accepted[i].Until < today:
			problems = append(problems, fmt.Sprintf("%s was accepted until %s: look at it again (%s)", c.id, accepted[i].Until, accepted[i].Reason))
		}
	}
	for _, a := range accepted {
		if !slices.ContainsFunc(calls, func(c call) bool { return c.id == a.ID }) {
			problems = append(problems, a.ID+" is accepted but no longer found: remove it from "+acceptedFile)
		}
	}
	slices.SortFunc(problems, strings.Compare)
	return problems
}
