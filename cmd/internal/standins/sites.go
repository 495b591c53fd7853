package standins

import (
	"fmt"
	"html"
	"net/http"
	"strings"
	"time"

	"github.com/morket/morket/adapters/outbound/providers/twins"
)

// The made-up companies are named by one word of each.
const (
	companyWords = "Alder Birch Cedar Elm Fir Hazel Juniper Larch Maple Oak Pine Rowan Spruce Willow Yew"
	kindWords    = "Bank Energy Foods Labs Logistics Media Motors Systems"
)

// siteOf is the name under which a company's page is served.
func siteOf(company, kind string) string { return strings.ToLower(company + kind) }

// sites are the pages of the made-up companies, which the search engine's stand-in knows and the scraper reads.
func sites() (out []twins.Page) {
	cities := strings.Fields("Aachen Bergen Cork Dijon Espoo Faro Ghent Hull")
	for i, c := range strings.Fields(companyWords) {
		for j, k := range strings.Fields(kindWords) {
			n := i*8 + j
			out = append(out, twins.Page{
				URL: "http://" + Address + "/web/" + siteOf(c, k), Title: c + " " + k,
				Text: fmt.Sprintf("%s %s sells to other companies.\nCity: %s\nEmployees: %d\nFounded: %d", c, k, cities[(i+j)%len(cities)], 20+n*7,
					1950+n%70),
			})
		}
	}
	return out
}

// showSite serves a company's page.
func showSite(w http.ResponseWriter, r *http.Request) {
	for _, p := range sites() {
		if !strings.HasSuffix(p.URL, "/web/"+r.PathValue("site")) {
			continue
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		var b strings.Builder
		fmt.Fprintf(&b, "<!doctype html><html lang=en><title>%s</title><body><main><h1>%s</h1>", html.EscapeString(p.Title),
			html.EscapeString(p.Title))
		for line := range strings.SplitSeq(p.Text, "\n") {
			fmt.Fprintf(&b, "<p>%s</p>", html.EscapeString(line))
		}
		b.WriteString("</main></body></html>")
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(b.String()))
		return
	}
	http.NotFound(w, r)
}
