package boot

import (
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/changefeed"
	"github.com/morket/morket/adapters/httpapi/feedapi"
)

// feed is the change feed.
type feed struct{ hub *changefeed.Hub }

func (p *Platform) feed(b *bus) *feed {
	return &feed{hub: changefeed.NewHub(b.subscribe(""), p.log.With("part", "feed"))}
}

func (p *Platform) registerFeed(a *httpapi.API, f *feed) {
	feedapi.Register(a, feedapi.Deps{Log: p.store, Bells: f.hub, Encoder: p.encoder, History: p.history})
}
