package offline

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows how far a run is: as a bar on a terminal, as a line now and then elsewhere.
type progress struct {
	rows, bytes atomic.Int64
	done        chan struct{}
	ended       sync.WaitGroup
}

const (
	barEvery  = 100 * time.Millisecond
	lineEvery = 5 * time.Second
)

// watch begins to show progress (which, if it can't be shown, must not fail the run) until end is called. The size is the file's, in bytes.
func watch(w io.Writer, terminal bool, size int64) *progress {
	p := &progress{done: make(chan struct{})}
	show, every, wipe := p.lines(w, size), lineEvery, func() {}
	if terminal {
		bar := progressbar.NewOptions64(max(1, size), progressbar.OptionSetWriter(w), progressbar.OptionSetWidth(30),
			progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(true), progressbar.OptionUseANSICodes(false))
		show, every = p.bar(bar), barEvery
		wipe = func() { _ = bar.Clear() }
	}
	p.ended.Go(func() {
		defer wipe()
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				show()
			case <-p.done:
				return
			}
		}
	})
	return p
}

func (p *progress) lines(w io.Writer, size int64) func() {
	before := int64(0)
	return func() {
		rows := p.rows.Load()
		_, _ = fmt.Fprintf(w, "%s, %d %%, %s rows/s\n", count(rows, "row"), 100*p.bytes.Load()/max(1, size),
			group((rows-before)/int64(lineEvery/time.Second)))
		before = rows
	}
}

func (p *progress) bar(bar *progressbar.ProgressBar) func() {
	return func() {
		bar.Describe(count(p.rows.Load(), "row"))
		_ = bar.Set64(p.bytes.Load())
	}
}

func (p *progress) end() {
	if p == nil {
		return
	}
	close(p.done)
	p.ended.Wait()
}

// at tells that one more row is through, and where the file is.
func (p *progress) at(offset int64) {
	if p != nil {
		p.rows.Add(1)
		p.bytes.Store(offset)
	}
}
