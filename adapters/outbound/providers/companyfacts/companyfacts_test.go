package companyfacts_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/companyfacts"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/providers/websiteprofile"
	"github.com/morket/morket/adapters/scrape/extract"
	"github.com/morket/morket/adapters/scrape/extract/imprint"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// site is pages by address.
type site struct {
	pages map[string]string
	asked []string
}

// Read implements scrapepage.Reader.
func (s *site) Read(_ context.Context, _ kernel.WorkspaceID, t scrape.Task) scrape.Outcome {
	s.asked = append(s.asked, t.URL)
	html, ok := s.pages[t.URL]
	if !ok {
		return scrape.Outcome{Fault: scrape.Fail(scrape.ReasonUnreachable, "there is no such site in DNS")}
	}
	r, err := extract.NewRegistry(websiteprofile.Bound, imprint.Extractor{})
	if err != nil {
		return scrape.Outcome{Fault: scrape.AsFault(err)}
	}
	page := scrape.Page{URL: t.URL, Status: 200, Body: []byte(html)}
	found, err := r.Look(page).Extract(t.Target)
	return scrape.Outcome{Page: &page, Extract: &found, Fault: scrape.AsFault(err)}
}

const (
	home = `<title>Nordlicht</title><script type="application/ld+json">{"@type":"Organization","name":"Nordlicht","numberOfEmployees":{"value":42},"foundingDate":"1999-03-01"}</script>
<main><h1>Software from the north</h1><p>Call +49 40 1234560 or <a href="mailto:Moin@Nordlicht.example?subject=x">write</a>.</p></main>
<footer><a href="/kontakt">Kontakt</a> <a href="/impressum?utm_source=footer">Impressum</a> <a href="https://other.example/impressum">Partner</a></footer>`
	legal = `<main><h1>Impressum</h1><p>Nordlicht Software GmbH<br>Am Sandtorkai 37<br>20457 Hamburg<br>Telefon: 040 / 123 456-0</p>
<p>Amtsgericht Hamburg, HRB 120345<br>USt-IdNr.: DE 129 273 398</p></main>`
)

func TestConforms(t *testing.T) {
	t.Parallel()
	providertest.Conforms(t, companyfacts.New(&site{}))
}

func TestTheImprintIsFoundAndRead(t *testing.T) {
	t.Parallel()
	s := &site{pages: map[string]string{"https://nordlicht.example/": home, "https://nordlicht.example/impressum": legal}}
	reply := providertest.Ask(t, companyfacts.New(s), map[string]string{"website": "https://nordlicht.example/"})
	require.Equal(t, map[string]any{
		"legal_name": "Nordlicht Software GmbH", "address": "Am Sandtorkai 37, 20457 Hamburg, DE", "street": "Am Sandtorkai 37", "postal_code": "20457",
		"city": "Hamburg", "country": "DE", "vat_id": "DE129273398", "registration_number": "HRB 120345", "register": "Amtsgericht Hamburg",
		"phone": "+49401234560", "email": "moin@nordlicht.example", "employees": 42.0, "founded": 1999.0, "url": "https://nordlicht.example/impressum",
	}, reply.Outputs)
	require.Equal(t, []enrichment.Evidence{enrichment.ByPage}, reply.VerifiedBy)
	require.Equal(t, []string{"https://nordlicht.example/", "https://nordlicht.example/impressum"}, s.asked, "no more than is needed, and no other site")
}

func TestWhatIsNotThereIsNotMadeUp(t *testing.T) {
	t.Parallel()
	for name, html := range map[string]string{
		"nothing":     `<p>We make anvils.</p>`,
		"wrong check": `<p>VAT DE123456789, SIREN 123 456 789, CVR 12345678, CHE-123.456.789</p>`,
		"a country":   `<p>Made with love in<br>Germany</p>`,
	} {
		s := &site{pages: map[string]string{"https://anvils.example/": html}}
		reply := providertest.Ask(t, companyfacts.New(s), map[string]string{"website": "https://anvils.example/"})
		require.Empty(t, reply.Outputs, name)
		require.NotEmpty(t, reply.Missed, name)
	}
	_, err := companyfacts.New(&site{}).Call(t.Context(), enrichment.Request{Inputs: map[string]string{"website": "https://gone.example/"}})
	require.Equal(t, enrichment.CallUnreachable, enrichment.AsCallError(err).Kind)
}
