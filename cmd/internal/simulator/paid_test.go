package simulator_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// asked is what the log says of a cell in a round of a run.
type asked struct {
	run   kernel.RunID
	round int
	cell  enrichment.Cell
}

// paid: each accepted answer has one debit of its price, in the same append, and nothing else has.
func (c *checks) paid() {
	type place struct {
		at   appended
		run  kernel.RunID
		cell enrichment.Cell
	}
	owed, debited := map[place]kernel.Credits{}, map[place]kernel.Credits{}
	limited := map[kernel.RunID]bool{}
	prices := map[string]kernel.Credits{"careful": price, "keyed": price / 3}
	for _, e := range c.log {
		switch ev := e.event.(type) {
		case enrichment.RunStarted:
			limited[ev.RunID] = ev.MaxCredits > 0
		case enrichment.RunAnswersRecorded:
			for i, m := range ev.Marks {
				p := ev.Provenance[i]
				if p.CreditsMC != 0 {
					owed[place{e.by, ev.RunID, enrichment.Cell{Row: m.RowID, Column: m.ColumnID}}] += p.CreditsMC
				}
				if m.State == enrichment.MarkValue && !p.Cached && p.CreditsMC != prices[p.Provider] && !limited[ev.RunID] {
					c.wrong("run %s, %v: an answer of %s for %s credits", ev.RunID, m, p.Provider, p.CreditsMC)
				}
			}
		case credit.Debited:
			for _, l := range ev.Lines {
				debited[place{e.by, ev.Run, enrichment.Cell{Row: l.Row, Column: l.Column}}] += l.Amount
			}
		}
	}
	for at, amount := range owed {
		if debited[at] != amount {
			c.wrong("run %s, %v: the answer costs %s and %s were debited", at.run, at.cell, amount, debited[at])
		}
	}
	for at, amount := range debited {
		if owed[at] != amount {
			c.wrong("run %s, %v: %s were debited for an answer of %s", at.run, at.cell, amount, owed[at])
		}
	}
}

// outcomes are the marks of each cell that a run asked for, by round.
func (c *checks) outcomes() (begun map[asked]bool, marks map[asked][]enrichment.Provenance) {
	begun, marks = map[asked]bool{}, map[asked][]enrichment.Provenance{}
	rounds := map[kernel.RunID]int{}
	for _, e := range c.log {
		switch ev := e.event.(type) {
		case enrichment.RunRetried:
			rounds[kernel.RunID(e.Stream.ID())] = ev.Round
		case enrichment.RunPageStarted:
			for _, row := range ev.Rows {
				for _, col := range ev.Columns {
					begun[asked{ev.RunID, rounds[ev.RunID], enrichment.Cell{Row: row, Column: col}}] = true
				}
			}
		case enrichment.RunAnswersRecorded:
			for i, m := range ev.Marks {
				at := asked{ev.RunID, rounds[ev.RunID], enrichment.Cell{Row: m.RowID, Column: m.ColumnID}}
				marks[at] = append(marks[at], ev.Provenance[i])
			}
		}
	}
	return begun, marks
}

// cells: each cell of a page that was begun has one outcome.
func (c *checks) cells() {
	begun, marks := c.outcomes()
	for at := range begun {
		if n := len(marks[at]); n != 1 {
			c.wrong("run %s round %d, %v has %d outcomes", at.run, at.round, at.cell, n)
		}
	}
	for at := range marks {
		if !begun[at] {
			c.wrong("run %s round %d, %v has an outcome without an intent", at.run, at.round, at.cell)
		}
	}
}

// effects: a vendor that must not be asked twice has done each thing once at most, and what it has done is told: as an answer or as unknown.
func (c *checks) effects() {
	_, marks := c.outcomes()
	told := map[string]enrichment.AttemptStatus{}
	for at, list := range marks {
		for _, p := range list {
			for _, a := range p.Attempts {
				sum := sha256.Sum256(fmt.Appendf(nil, "%s|%d|%s|%s|%s|%d", at.run, at.round, at.cell.Row, at.cell.Column, a.Provider, a.Step))
				told[a.Provider+"/"+hex.EncodeToString(sum[:16])] = a.Status
			}
		}
	}
	for key, e := range c.vendors.effects {
		if e.provider == "careful" && e.times > 1 {
			c.wrong("%s has answered %s %d times", e.provider, e.question, e.times)
		}
		if _, ok := told[key]; !ok && e.provider == "careful" {
			c.wrong("%s has answered %s, and nothing tells of it", e.provider, e.question)
		}
	}
}
