package browser_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/morket/morket/domain/scrape"
)

// BenchmarkRender renders client-rendered pages, five at once.
func BenchmarkRender(b *testing.B) {
	s := newSite(b)
	p := pool(b, s, nil)
	work := make(chan struct{}, b.N)
	for range b.N {
		work <- struct{}{}
	}
	close(work)
	b.ResetTimer()
	var group sync.WaitGroup
	for range 5 {
		group.Go(func() {
			for range work {
				page, err := p.Render(b.Context(), scrape.Render{URL: "http://site.test/client"})
				if assert.NoError(b, err) {
					assert.Contains(b, string(page.Body), "Rendered by the client")
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}
