package imprint_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/scrape/extract"
	"github.com/morket/morket/adapters/scrape/extract/imprint"
	"github.com/morket/morket/domain/scrape"
)

// TestNumbersWithWrongCheckDigitsAreNone: one digit changed in a right number makes it none, wherever there are check digits.
func TestNumbersWithWrongCheckDigitsAreNone(t *testing.T) {
	t.Parallel()
	for text, digit := range map[string]string{
		"VAT DE143454214": "DE143454215", "UID ATU33864707": "ATU33864708", "BTW BE0417497106": "BE0417497107", "CVR DK24256790": "DK24256791",
		"VAT FR10632012100": "FR11632012100", "VAT GB220430231": "GB220430232", "P.IVA IT00159560366": "IT00159560367", "BTW NL803441526B01": "NL803441527B01",
		"NIP PL7342867148": "PL7342867149", "VAT SE556012579001": "SE556012578001", "CIF ESA28015865": "ESA28015866", "NIPC PT500100144": "PT500100145",
		"DIC CZ27082440": "CZ27082441", "VAT EL094014201": "EL094014202", "VAT HR33392005961": "HR33392005962", "VAT SI98511734": "SI98511735",
		"VAT HU10773381": "HU10773382", "VAT LU15027442": "LU15027443", "VAT FI01120389": "FI01120388", "VAT IE6388047V": "IE6388047W",
		"VAT SK2020317068": "SK2020317069", "VAT EE100931558": "EE100931559",
	} {
		_, right, _ := strings.Cut(text, " ")
		require.Equal(t, right, imprint.Find(text, "").Tax)
		require.Empty(t, imprint.Find(strings.Replace(text, right, digit, 1), "").Tax, digit)
	}
}

func TestWhatThePageSaysForProgramsComesFirst(t *testing.T) {
	t.Parallel()
	r, err := extract.NewRegistry(func(s string) string { return s }, imprint.Extractor{})
	require.NoError(t, err)
	html := `<script type="application/ld+json">{"@type":"Corporation","legalName":"Acme Ltd","vatID":"GB 220430231","numberOfEmployees":{"minValue":"50"},
		"address":{"streetAddress":"1 High St","postalCode":"LS1 4AP","addressLocality":"Leeds","addressCountry":"GB"}}</script>
		<p>Other Name GmbH<br>Hauptstr. 1<br>10115 Berlin</p><a href="/legal-notice">Legal notice</a><a href="/contact">Contact</a><a href="https://elsewhere.example/imprint">x</a>`
	out, err := r.Look(scrape.Page{URL: "https://www.acme.co.uk/", Body: []byte(html)}).Extract(scrape.TargetImprint)
	require.NoError(t, err)
	require.Equal(t, "Acme Ltd", out.Fields["legal_name"])
	require.Equal(t, "1 High St, Leeds LS1 4AP, GB", out.Fields["address"])
	require.Equal(t, "GB220430231", out.Fields["vat_id"])
	require.InDelta(t, 50, out.Fields["employees"], 0)
	require.Equal(t, []string{"https://www.acme.co.uk/legal-notice", "https://www.acme.co.uk/contact"}, out.Fields["legal_pages"])
	out, err = r.Look(scrape.Page{URL: "https://acme.example/", Body: []byte(
		`<script type="application/ld+json">{"@type":"Organization","numberOfEmployees":{"value":1e99},"address":[[]],"vatID":7,"foundingDate":"soon"}</script>`,
	)}).Extract(scrape.TargetImprint)
	require.NoError(t, err)
	require.Nil(t, out.Fields["employees"])
	require.Nil(t, out.Fields["vat_id"])
}

// BenchmarkFind reads 100 kB, which is as much text of a page as is looked at.
func BenchmarkFind(b *testing.B) {
	text := strings.Repeat("Tel. 12345 Nordlicht Software GmbH, Hauptstr. 1 DE 12 Company No. 3 Registered in CVR 12 Org.nr 5\n", 1000)
	for b.Loop() {
		imprint.Find(text, "DE")
	}
	b.SetBytes(int64(len(text)))
}
