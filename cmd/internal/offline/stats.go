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

// print writes the summary.
func (s *stats) print(w io.Writer, out string, took time.Duration) error {
	if out == "-" || out == "" {
		out = "standard output"
	}
	fmt.Fprintf(w, "%s written to %s in %s", count(s.rows, "row"), out, took.Round(10*time.Millisecond))
	if took > 0 {
		fmt.Fprintf(w, " (%s rows/s)", group(int64(float64(s.rows)/took.Seconds())))
	}
	fmt.Fprintf(w, ", %s credits spent\n", s.cost())
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "provider\tcalls\tfound\tnot found\tfailed\tno input\tasked before\tcredits\t")
	for _, t := range s.providers {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", t.provider, group(t.calls), group(t.found), group(t.notFound), group(t.failed), group(t.skipped), group(t.cached), t.cost)
	}
	return tw.Flush()
}

// warn says what is wrong with the result.
func (f *faults) warn(w io.Writer, errorsFile string) {
	if f.bad+f.failed == 0 {
		return
	}
	var what []string
	if f.bad > 0 {
		what = append(what, count(f.bad, "record")+" could not be read and "+wasWere(f.bad)+" left out")
	}
	if f.failed > 0 {
		what = append(what, count(f.failed, "question")+" failed and left "+itsTheir(f.failed)+" columns empty")
	}
	where := "; --errors problems.csv writes all of them"
	if errorsFile != "" {
		where = "; all of them are in " + errorsFile
	}
	fmt.Fprintf(w, "warning: %s%s\n", strings.Join(what, "; "), where)
	for _, line := range f.first {
		fmt.Fprintln(w, "  "+line)
	}
	if more := f.bad + f.failed - int64(len(f.first)); more > 0 {
		fmt.Fprintf(w, "  and %s more\n", group(more))
	}
}

func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return group(n) + " " + noun + "s"
}

func wasWere(n int64) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

func itsTheir(n int64) string {
	if n == 1 {
		return "its"
	}
	return "their"
}

// group writes a number with commas between its thousands.
func group(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
