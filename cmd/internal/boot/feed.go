package boot

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/morket/morket/adapters/changefeed"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/feedapi"
)

// feed is the change feed.
type feed struct{ hub *changefeed.Hub }

func (p *Platform) feed(b *bus) *feed {
	return &feed{hub: changefeed.NewHub(b.subscribe(""), p.log.With("part", "feed"))}
}

func (f *feed) run(ctx context.Context, group *errgroup.Group) {
	group.Go(func() error { return f.hub.Run(ctx) })
}

func (p *Platform) registerFeed(a *httpapi.API, f *feed) {
	feedapi.Register(a, feedapi.Deps{Log: p.store, Bells: f.hub, Encoder: p.encoder})
}
