package boot

import (
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/changefeed"
	"github.com/morket/morket/adapters/httpapi/feedapi"
)

// feed is the change feed.
type feed struct {
	core *core
	hub  *changefeed.Hub
}

func newFeed(c *core, b *bus) *feed {
	return &feed{core: c, hub: changefeed.NewHub(b.subscribe(""), c.log.With("part", "feed"))}
}

func (f *feed) endpoints(a *httpapi.API) {
	feedapi.Register(a, feedapi.Deps{Log: f.core.store, Bells: f.hub, Encoder: f.core.encoder, History: f.core.history})
}

func (f *feed) parts() parts {
	return parts{tasks: []task{{name: "change feed", run: f.hub.Run}}, hangUp: f.hub.Close}
}
