package offline

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// DefaultConcurrency is how many records are asked for at once unless somebody says otherwise.
const DefaultConcurrency = 32

// MaxConcurrency is how many may be.
const MaxConcurrency = 64

// ErrStopped is the error of a run that was stopped; what was complete by then is written, and the user has been told.
var ErrStopped = errors.New("stopped before the end")

// Config says what to do. Files are named; "-" is standard input or output.
type Config struct {
	In          string
	Enrich      []string // see Grammar
	Out         string
	Format      string         // csv, jsonl, json, xlsx or parquet; by the output's name if empty
	Errors      string         // file for what went wrong; none if empty
	Header      string         // auto, yes or no: whether the first line of a CSV file holds names
	Said        dataops.Choice // of how the file is read; the rest is found out
	Concurrency int            // records asked for at once
	DryRun      bool
	Quiet       bool

	Registry *enrichment.Registry
	Clock    kernel.Clock
	Stdin    io.Reader
	Stdout   io.Writer
	Stderr   io.Writer
	Terminal bool // Stderr is one
}

// Validate says what is wrong with the flags.
func (c Config) Validate() error {
	switch c.Header {
	case headerAuto, headerYes, headerNo:
	default:
		return fmt.Errorf("--header %q is not auto, yes or no", c.Header)
	}
	if c.Concurrency < 1 || c.Concurrency > MaxConcurrency {
		return fmt.Errorf("--concurrency %d is not 1 to %d", c.Concurrency, MaxConcurrency)
	}
	if c.Errors != "" && c.Errors == c.Out {
		return errors.New("--errors and --out name the same file")
	}
	return nil
}

// Run enriches the file.
func Run(ctx context.Context, c Config) error {
	if err := c.Validate(); err != nil {
		return err
	}
	err := c.run(ctx)
	if err != nil && ctx.Err() != nil && !errors.Is(err, ErrStopped) {
		c.print("stopped before anything was written\n")
		return ErrStopped
	}
	return err
}

func (c Config) run(ctx context.Context) error {
	if c.Header != headerAuto {
		yes := c.Header == headerYes
		c.Said.Header = &yes
	}
	src, err := open(ctx, c.In, c.Said, c.Stdin)
	if err != nil {
		return err
	}
	defer src.close()
	for _, n := range src.notices {
		c.print(n.Message + "\n")
	}
	j, err := newJob(c.Registry, c.Clock, columns{
		names:   src.names,
		unnamed: src.reading.Format == dataops.CSV && !src.reading.Header,
	}, c.Enrich)
	if err != nil {
		return err
	}
	if j.columns.unnamed && !c.Quiet {
		c.print("the file seems to have no header, so its columns are called Column 1, Column 2, …; say --header yes if its first line is one\n")
	}
	if c.DryRun {
		return c.estimate(ctx, src, j)
	}
	return c.enrich(ctx, src, j)
}

func (c Config) enrich(ctx context.Context, src *source, j *job) error {
	format, err := formatOf(c.Format, c.Out, src.reading.Format)
	if err != nil {
		return err
	}
	records, err := src.stream()
	if err != nil {
		return err
	}
	out, err := create(c.Out, c.Stdout)
	if err != nil {
		return err
	}
	defer out.drop()
	bad, err := newFaults(c.Errors, c.Stdout)
	if err != nil {
		return err
	}
	defer func() { bad.target.drop() }()
	to, err := newSink(out, format, c.Out, src, j.columns)
	if err != nil {
		return err
	}
	sum, start := j.newStats(), c.Clock.Now()
	if err := c.move(ctx, src, &pipeline{
		job:     j,
		stream:  records,
		json:    src.reading.Format == dataops.JSONL,
		workers: c.Concurrency,
	}, to, bad, sum); err != nil {
		return err
	}
	if err := errors.Join(to.flush(), out.commit(), bad.keep()); err != nil {
		return err
	}
	if !c.Quiet {
		c.print(sum.summary(c.Out, c.Clock.Now().Sub(start)))
	}
	c.print(bad.warning(c.Errors))
	if sum.missing == 0 { // it was not stopped, or too late to matter
		return nil
	}
	c.print(fmt.Sprintf("stopped: %s written, to line %d of the input; %s missing\n", count(sum.rows, "row"), sum.last,
		count(sum.missing, "row")))
	return ErrStopped
}

// move runs the pipeline with progress.
func (c Config) move(ctx context.Context, src *source, p *pipeline, to sink, bad *faults, sum *stats) (err error) {
	var shown *progress
	if !c.Quiet {
		shown = watch(c.Stderr, c.Terminal, src.size)
	}
	defer shown.end()
	p.emit = func(r *row) error {
		shown.at(r.end)
		if r.problem != "" {
			return bad.add(r.line, "", r.problem, r.text)
		}
		sum.rows++
		sum.last = r.line
		for _, attempts := range r.attempts {
			if at, ok := sum.count(attempts); !ok {
				if err := bad.add(r.line, at.Provider, at.Error, ""); err != nil {
					return err
				}
			}
		}
		return to.row(r)
	}
	sum.missing, err = p.run(ctx)
	return err
}

// print tells the user something. That nobody listens must not fail the run.
func (c Config) print(text string) { _, _ = io.WriteString(c.Stderr, text) }

// newStats has the providers in the order in which they are asked.
func (j *job) newStats() *stats {
	s := &stats{}
	for _, p := range j.plans {
		for _, step := range p.Config.Steps {
			s.of(step.Provider)
		}
	}
	return s
}
