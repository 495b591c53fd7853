package offline

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// tally is what became of one provider's questions.
type tally struct {
	provider                                        string
	calls, found, notFound, failed, skipped, cached int64
	cost                                            kernel.Credits
}

// stats sums a run up.
type stats struct {
	rows      int64
	missing   int64 // not written because the run was stopped
	last      int64 // the line of the last row that was written
	providers []*tally
}

func (s *stats) of(provider string) *tally {
	for _, t := range s.providers {
		if t.provider == provider {
			return t
		}
	}
	t := &tally{provider: provider}
	s.providers = append(s.providers, t)
	return t
}

// count takes the attempts of one question in. It answers false with the one to blame if the question failed.
func (s *stats) count(attempts []enrichment.Attempt) (blame enrichment.Attempt, ok bool) {
	ok = true
	for _, at := range attempts {
		t := s.of(at.Provider)
		t.calls += int64(at.Calls)
		t.cost += at.CreditsMC
		if at.FromCache {
			t.cached++
		}
		switch {
		case at.Failed():
			t.failed++
			if ok {
				blame, ok = at, false
			}
		case at.Status == enrichment.StatusSucceeded:
			t.found++
			return at, true
		case at.Status == enrichment.StatusNotFound || at.Status == enrichment.StatusRejected:
			t.notFound++
		default:
			t.skipped++
		}
	}
	return blame, ok
}

func (s *stats) cost() kernel.Credits {
	var sum kernel.Credits
	for _, t := range s.providers {
		sum += t.cost
	}
	return sum
}

// summary says what was done, where the result is, how long it took and what it cost.
func (s *stats) summary(out string, took time.Duration) string {
	if out == "-" || out == "" {
		out = "standard output"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s written to %s in %s", count(s.rows, "row"), out, took.Round(10*time.Millisecond))
	if took >= time.Second {
		fmt.Fprintf(&b, " (%s rows/s)", group(int64(float64(s.rows)/took.Seconds())))
	}
	fmt.Fprintf(&b, ", %s credits spent\n", s.cost())
	rows := [][]string{{"provider", "calls", "found", "not found", "failed", "no input", "asked before", "credits"}}
	for _, t := range s.providers {
		rows = append(rows, []string{
			t.provider, group(t.calls), group(t.found), group(t.notFound), group(t.failed), group(t.skipped),
			group(t.cached), t.cost.String(),
		})
	}
	b.WriteString(aligned(rows))
	return b.String()
}

// aligned sets rows as a table.
func aligned(rows [][]string) string {
	var b strings.Builder // it doesn't fail, so neither does what writes to it
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, r := range rows {
		_, _ = io.WriteString(w, strings.Join(r, "\t")+"\t\n")
	}
	_ = w.Flush()
	return b.String()
}

// warning says what is wrong with the result; empty if nothing is.
func (f *faults) warning(errorsFile string) string {
	if f.bad+f.failed == 0 {
		return ""
	}
	var what []string
	switch {
	case f.bad == 1:
		what = append(what, "1 record could not be read and was left out")
	case f.bad > 1:
		what = append(what, group(f.bad)+" records could not be read and were left out")
	}
	switch {
	case f.failed == 1:
		what = append(what, "1 question failed and left its columns empty")
	case f.failed > 1:
		what = append(what, group(f.failed)+" questions failed and left their columns empty")
	}
	where := "; --errors problems.csv writes all of them"
	if errorsFile != "" {
		where = "; all of them are in " + errorsFile
	}
	var b strings.Builder
	fmt.Fprintf(&b, "warning: %s%s\n", strings.Join(what, "; "), where)
	for _, line := range f.first {
		b.WriteString("  " + line + "\n")
	}
	if more := f.bad + f.failed - int64(len(f.first)); more > 0 {
		fmt.Fprintf(&b, "  and %s more\n", group(more))
	}
	return b.String()
}

func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return group(n) + " " + noun + "s"
}

// group writes a number with commas between its thousands.
func group(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
