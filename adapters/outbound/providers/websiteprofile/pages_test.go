package websiteprofile_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/domain/enrichment"
)

// outputs reads a page and returns what it tells.
func outputs(t *testing.T, page string) map[string]any {
	t.Helper()
	at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page)
	})
	out := providertest.Ask(t, provider(safedial.Config{}), map[string]string{"website": at}).Outputs
	for k, v := range out {
		if s, ok := v.(string); ok {
			out[k] = strings.ReplaceAll(s, at, "SITE")
		}
	}
	return out
}

func ld(json string) string { return `<script type="application/ld+json">` + json + `</script>` }

func TestTheFirstGoodValueCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ page, output, want string }{
		"title":                       {`<title>Acme</title><meta property="og:title" content="Other">`, "title", "Acme"},
		"title is a template":         {`<title>{{ page.title }}</title><meta property="og:title" content="Acme">`, "title", "Acme"},
		"title is a placeholder":      {`<title>Home</title><meta property="og:title" content="Untitled Document"><meta name="twitter:title" content="Acme">`, "title", "Acme"},
		"title only in JSON-LD":       {`<title> </title>` + ld(`{"@type":"WebSite","name":"Acme Shop"}`), "title", "Acme Shop"},
		"title only as a heading":     {`<title>Startseite</title><body><h1>Acme Anvils</h1>`, "title", "Acme Anvils"},
		"title of a drawing":          {`<body><svg><title>Logo of x</title></svg><h1>Acme</h1>`, "title", "Acme"},
		"title of a variable":         {`<title>%title%</title><meta property="og:title" content="Acme">`, "title", "Acme"},
		"second og:title":             {`<meta property="og:title" content=""><meta property="og:title" content="Acme">`, "title", "Acme"},
		"title in NFC":                {"<title>Cafe\u0301 \u200bMu\u00adller\u200e</title>", "title", "Café Muller"},
		"joiners stay where they say": {"<title>می\u200cخواهم \U0001F469\u200d\U0001F4BB Ac\u200dme</title>", "title", "می\u200cخواهم \U0001F469\u200d\U0001F4BB Acme"},
		"description in capitals":     {`<meta NAME="DESCRIPTION" content="Anvils">`, "description", "Anvils"},
		"description by a property":   {`<meta property="description" content="Anvils">`, "description", "Anvils"},
		"description is a sample":     {`<meta name=description content="Web site created using create-react-app"><meta property="og:description" content="Anvils">`, "description", "Anvils"},
		"description of Twitter":      {`<meta name=description content="undefined"><meta property="twitter:description" content="Anvils">`, "description", "Anvils"},
		"description in JSON-LD":      {ld(`{"@type":"Organization","description":{"@value":"Anvils","@language":"en"}}`), "description", "Anvils"},
		"escaped twice":               {`<meta name=description content="Nuts &amp;amp; bolts">`, "description", "Nuts & bolts"},
		"name":                        {`<meta property="og:site_name" content="${siteName}"><meta name="application-name" content="Acme">`, "name", "Acme"},
		"name in JSON-LD":             {ld(`{"@type":"Organization","name":"Müller &amp; Söhne"}`), "name", "Müller & Söhne"},
		"language":                    {`<html lang="{{lang}}"><meta property="og:locale" content="pt_BR"><title>x1</title>`, "language", "pt"},
		"picture":                     {`<meta property="og:image" content=""><meta name="twitter:image" content="/a.png">`, "image", "SITE/a.png"},
		"picture by the base":         {`<base href="https://cdn.acme.com/v2/"><meta property="og:image" content="a.png">`, "image", "https://cdn.acme.com/v2/a.png"},
		"base by the page":            {`<base href="/sub/"><meta property="og:image" content="a.png">`, "image", "SITE/sub/a.png"},
		"base that is none":           {`<base href="javascript:x"><meta property="og:image" content="a.png">`, "image", "SITE/a.png"},
		"picture that is a template":  {`<meta property="og:image" content="https://acme.com/{{ image }}"><meta name="twitter:image" content="https://acme.com/b.png">`, "image", "https://acme.com/b.png"},
		"picture in the page":         {`<meta property="og:image" content="data:image/png;base64,xx"><title>x1</title>`, "image", ""},
	} {
		got := outputs(t, c.page)[c.output]
		if c.want == "" {
			require.Nil(t, got, name)
		} else {
			require.Equal(t, c.want, got, name)
		}
	}
}

func TestLinkedData(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ json, output, want string }{
		"list of types":          {`{"@type":["Thing","Organization"],"name":"Acme"}`, "name", "Acme"},
		"type with address":      {`{"@type":"http://schema.org/Corporation","name":"Acme"}`, "name", "Acme"},
		"type below":             {`{"@type":"FurnitureStore","name":"Acme"}`, "name", "Acme"},
		"graph":                  {`{"@graph":[{"@type":"WebPage","name":"No"},{"@type":"Organization","name":"Acme"}]}`, "name", "Acme"},
		"list":                   {`[{"@type":"BreadcrumbList"},{"@type":"Organization","name":"Acme"}]`, "name", "Acme"},
		"publisher":              {`{"@type":"Article","publisher":{"@type":"Organization","name":"Acme"}}`, "name", "Acme"},
		"not a person":           {`{"@type":"Person","name":"Ana","telephone":"+41 44 668 18 00"}`, "phone", ""},
		"logo as text":           {`{"@type":"Organization","logo":"/l.png"}`, "logo", "SITE/l.png"},
		"logo as object":         {`{"@type":"Organization","logo":{"@type":"ImageObject","url":"https://acme.com/l.png"}}`, "logo", "https://acme.com/l.png"},
		"logo's content":         {`{"@type":"Organization","logo":{"contentUrl":"https://acme.com/l.png"}}`, "logo", "https://acme.com/l.png"},
		"logo as list":           {`{"@type":"Organization","logo":["",{"url":"https://acme.com/l.png"}]}`, "logo", "https://acme.com/l.png"},
		"sameAs as text":         {`{"@type":"Organization","sameAs":"https://www.linkedin.com/company/acme"}`, "linkedin", "https://www.linkedin.com/company/acme"},
		"sameAs as list":         {`{"@type":"Organization","sameAs":["https://en.wikipedia.org/wiki/Acme","https://github.com/acme"]}`, "github", "https://github.com/acme"},
		"telephone of a contact": {`{"@type":"Organization","contactPoint":[{"telephone":"+41 44 668 18 00"}]}`, "phone", "+41 44 668 18 00"},
		"telephone as a number":  {`{"@type":"Organization","telephone":41446681800}`, "phone", "41446681800"},
		"mail with mailto":       {`{"@type":"Organization","email":"mailto:Info@acme.com"}`, "email", "info@acme.com"},
		"address as text":        {`{"@type":"Organization","address":"Weg 1, Zürich"}`, "address", "Weg 1, Zürich"},
		"address as list":        {`{"@type":"Organization","address":[{"streetAddress":"Weg 1","addressCountry":{"@type":"Country","name":"CH"}}]}`, "address", "Weg 1, CH"},
		"in comments":            {"<!-- {\"@type\":\"Organization\",\"name\":\"Acme\"} -->", "name", "Acme"},
		"with a line break":      {"{\"@type\":\"Organization\",\"name\":\"Ac\nme\"};", "name", "Ac me"},
		"two of one name":        {`[{"@type":"Organization","name":"Acme"},{"@type":"LocalBusiness","name":"Acme","telephone":"+41 44 668 18 00"}]`, "phone", "+41 44 668 18 00"},
		"two of other names":     {`[{"@type":"Organization","name":"Acme"},{"@type":"Organization","name":"Vendor","telephone":"+41 44 668 18 00"}]`, "phone", ""},
		"a template":             {`{"@type":"Organization","name":"{{ shop.name }}"}`, "name", ""},
	} {
		got := outputs(t, "<title>T1</title>"+ld(c.json))[c.output]
		if c.want == "" {
			require.Nil(t, got, name)
		} else {
			require.Equal(t, c.want, got, name)
		}
	}
}

func TestWhatIsAProfile(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]string{
		"https://www.linkedin.com/company/acme/about/":                 "linkedin https://www.linkedin.com/company/acme",
		"https://de.linkedin.com/company/acme":                         "linkedin https://de.linkedin.com/company/acme",
		"https://linkedin.com/school/acme?trk=1":                       "linkedin https://linkedin.com/school/acme",
		"https://www.linkedin.com/in/ana":                              "linkedin https://www.linkedin.com/in/ana",
		"https://www.linkedin.com/sharing/share-offsite/?url=x":        "",
		"https://www.linkedin.com/shareArticle?mini=true":              "",
		"https://www.linkedin.com/company/":                            "",
		"https://www.linkedin.com/feed/update/urn:li:activity:1":       "",
		"https://business.linkedin.com/company/x":                      "",
		"https://x.com/acme":                                           "twitter https://x.com/acme",
		"https://twitter.com/Acme_1/":                                  "twitter https://twitter.com/Acme_1/",
		"https://x.com/intent/post?text=x":                             "",
		"https://twitter.com/share?url=x":                              "",
		"https://twitter.com/acme/status/12":                           "",
		"https://twitter.com/hashtag/x":                                "",
		"https://netx.com/acme":                                        "",
		"https://www.facebook.com/acme.ch":                             "facebook https://www.facebook.com/acme.ch",
		"https://www.facebook.com/profile.php?id=100064&ref=x":         "facebook https://www.facebook.com/profile.php?id=100064",
		"https://www.facebook.com/pages/Acme/12345":                    "facebook https://www.facebook.com/pages/Acme/12345",
		"https://de-de.facebook.com/acme":                              "facebook https://de-de.facebook.com/acme",
		"https://www.facebook.com/sharer/sharer.php?u=x":               "",
		"https://www.facebook.com/sharer.php?u=x":                      "",
		"https://www.facebook.com/dialog/share":                        "",
		"https://www.facebook.com/tr?id=1":                             "",
		"https://www.facebook.com/v2.0/dialog":                         "",
		"https://developers.facebook.com/acme":                         "",
		"https://instagram.com/acme.anvils/?hl=de":                     "instagram https://instagram.com/acme.anvils/",
		"https://www.instagram.com/p/Cxyz/":                            "",
		"https://www.instagram.com/explore":                            "",
		"https://www.youtube.com/@acme":                                "youtube https://www.youtube.com/@acme",
		"https://www.youtube.com/@acme/videos":                         "youtube https://www.youtube.com/@acme",
		"https://youtube.com/channel/UCabcdefghijklmnopqrstuv":         "youtube https://youtube.com/channel/UCabcdefghijklmnopqrstuv",
		"https://youtube.com/c/acme":                                   "youtube https://youtube.com/c/acme",
		"https://youtube.com/user/acme":                                "youtube https://youtube.com/user/acme",
		"https://www.youtube.com/watch?v=x":                            "",
		"https://www.youtube.com/embed/x":                              "",
		"https://github.com/acme":                                      "github https://github.com/acme",
		"https://github.com/login":                                     "",
		"https://github.com/acme/anvil":                                "",
		"https://gist.github.com/acme":                                 "",
		"https://www.tiktok.com/@acme":                                 "tiktok https://www.tiktok.com/@acme",
		"https://www.tiktok.com/acme":                                  "",
		"https://www.tiktok.com/@acme/video/1":                         "",
		"https://user@x.com/acme":                                      "",
		"//www.linkedin.com/company/acme":                              "linkedin http://www.linkedin.com/company/acme",
		"https://www.linkedin.com/company/{{ handle }}":                "",
		"https://example.com/?next=https://www.linkedin.com/company/x": "",
	} {
		out, found := outputs(t, `<title>T1</title><a href="`+link+`">x</a>`), []string(nil)
		for _, network := range []string{"linkedin", "twitter", "facebook", "instagram", "youtube", "github", "tiktok"} {
			if v, ok := out[network]; ok {
				found = append(found, network+" "+fmt.Sprint(v))
			}
		}
		require.Equal(t, want, strings.Join(found, " "), link)
	}
	both := outputs(t, `<title>T1</title><a href="https://www.linkedin.com/in/ana">Ana</a><a href="https://www.linkedin.com/company/acme">us</a>`)
	require.Equal(t, "https://www.linkedin.com/company/acme", both["linkedin"], "an organisation comes before a person")
	require.Equal(t, "https://x.com/acme", outputs(t, `<title>T1</title><meta name="twitter:site" content="@acme">`)["twitter"])
}

func TestMailAddressesOfPages(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`<img src="/logo@2x.png"> logo@2x.png icon@3x.webp a@b.js`: nil,
		`info@acme.com`:                        {"info@acme.com"},
		`<p>info@acme.com</p><p>Telephone</p>`: {"info@acme.com"},
		`<table><tr><td>info@acme.com</td><td>ana@acme.co.uk</td></table>`: {"info@acme.com", "ana@acme.co.uk"},
		`x@acme.invalidtld y@localhost z@acme.c`:                           nil,
		`you@example.com your-email@domain.com`:                            nil,
		`<a href="mailto:a@acme.com,b@acme.com?subject=c@acme.com">x`:      {"a@acme.com", "b@acme.com"},
		`<a href="MAILTO:%20Info%40Acme.com">x`:                            {"info@acme.com"},
		`<a href="mailto:{{email}}">x</a> info@müller.de`:                  {"info@müller.de"},
		`<script>var x = "s@acme.com"</script><style>@x.com</style>`:       nil,
		`git@github.com:acme/x.git`:                                        {"git@github.com"},
		"in\u200bfo@acme.com":                                              {"fo@acme.com"},
		`<a href="mailto:in&#8203;fo@acme.com">x`:                          {"info@acme.com"},
		`http://u:p@host.com/x 1.0.0@2x.mov` + "\n" + `a..b@acme.com.`:     {"p@host.com"},
	} {
		got := outputs(t, "<title>T1</title><body>"+body)["emails"]
		if want == nil {
			require.Nil(t, got, body)
		} else {
			require.Equal(t, want, got, body)
		}
	}
}

func TestWhatIsSentInsteadOfASite(t *testing.T) {
	t.Parallel()
	challenge := `<title>Just a moment...</title><script>window._cf_chl_opt={}</script>`
	for name, c := range map[string]struct {
		status int
		header [2]string
		page   string
		says   string
	}{
		"Cloudflare by its header":   {403, [2]string{"cf-mitigated", "challenge"}, "<title>x1</title>", "browser check"},
		"Cloudflare by its page":     {503, [2]string{"Server", "cloudflare"}, challenge, "browser check"},
		"Cloudflare that says OK":    {200, [2]string{}, challenge, "browser check"},
		"Incapsula":                  {200, [2]string{}, `<iframe src="/_Incapsula_Resource?x"></iframe>`, "browser check"},
		"DataDome":                   {403, [2]string{}, `<title>acme.com</title><script src="https://ct.captcha-delivery.com/c.js"></script>`, "browser check"},
		"a proof of work":            {200, [2]string{}, `<title>Making sure you're not a bot!</title>`, "browser check"},
		"a cookie wall":              {200, [2]string{}, `<title>acme</title><p>We use cookies. Cookies help us. <button>Accept all</button>`, "cookie wall"},
		"a cookie wall by its title": {200, [2]string{}, `<title>Before you continue to Acme</title><button>Accept</button>`, "cookie wall"},
		"a parked domain":            {200, [2]string{}, `<title>acme.com</title><h1>This domain is for sale!</h1>`, "parked"},
		"parked at a registrar":      {200, [2]string{}, `<script>window.onload=function(){window.location.href="/lander"}</script>`, "parked"},
		"parked in German":           {200, [2]string{}, `<title>acme.de</title><p>Diese Domain steht zum Verkauf`, "parked"},
		"a default page":             {200, [2]string{}, `<title>Welcome to nginx!</title><h1>Welcome to nginx!</h1>`, "default page"},
		"nothing":                    {200, [2]string{}, `<html><body></body></html>`, "says nothing"},
	} {
		at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if c.header[0] != "" {
				w.Header().Set(c.header[0], c.header[1])
			}
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.page)
		})
		got := providertest.Ask(t, provider(safedial.Config{}), map[string]string{"website": at})
		require.Empty(t, got.Outputs, name)
		require.Contains(t, got.Missed, c.says, name)
	}
	for name, page := range map[string]string{
		"behind Cloudflare":            `<title>Acme</title><script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>`,
		"a banner about cookies":       `<title>Acme</title><meta name=description content="Anvils"><p>We use cookies, cookies, cookies. <button>Accept</button>`,
		"a broker of domains":          `<title>Brokers</title><h1>Buy this domain</h1>` + strings.Repeat("<p>We sell many domains to many people.", 100),
		"a text about a browser check": `<title>Just a moment: news</title>` + strings.Repeat("<p>What to do when a site checks your browser.", 100),
	} {
		require.NotEmpty(t, outputs(t, page)["title"], name)
	}
}

func TestCharsets(t *testing.T) {
	t.Parallel()
	for file, c := range map[string]struct{ contentType, title string }{
		"b47a-meta-1251.html":                                      {"text/html", "Пример завода"},
		"b47b-meta-only-charset-gbk.html":                          {"text/html", "家居样品"},
		"b47c-nothing-declared-1252.html":                          {"text/html", "Bäckerei für Kühe"},
		"b47d-header-utf8-meta-lies.html":                          {"text/html; charset=utf-8", "Bäckerei Größe"},
		"b47e-shift-jis-late-meta.html":                            {"text/html", "サンプル株式会社"},
		"\xef\xbb\xbf<title>Zürich":                                {"text/html; charset=iso-8859-1", "Zürich"},
		"\xff\xfe<\x00t\x00i\x00t\x00l\x00e\x00>\x00\xfc\x00b\x00": {"text/html", "üb"},
		"<title>Z\xfcrich":                                         {"text/html; charset=utf-8", "Zürich"},
		"<meta charset=utf-8><title>Z\xfcrich":                     {"text/html", "Zürich"},
		"<title>Zürich":                                            {"text/html; charset=iso-8859-1", "Zürich"},
		"<title>Zürich\xff und Genève, Köln, Bâle":                 {"text/html", "Zürich und Genève, Köln, Bâle"},
		"<meta charset=utf-16><title>Zürich":                       {"text/html", "Zürich"},
		"<meta charset=nothing><title>Zürich":                      {"text/html; charset=", "Zürich"},
	} {
		body := []byte(file)
		if strings.HasSuffix(file, ".html") {
			var err error
			body, err = os.ReadFile("testdata/" + file)
			require.NoError(t, err)
		}
		at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.contentType)
			_, _ = w.Write(body)
		})
		require.Equal(t, c.title, providertest.Ask(t, provider(safedial.Config{}), map[string]string{"website": at}).Outputs["title"], file)
	}
}

func TestAPageThatUnfoldsIsCut(t *testing.T) {
	t.Parallel()
	bomb, err := os.ReadFile("testdata/b49-bomb.html.gz") // 42 MB when it is unpacked
	require.NoError(t, err)
	at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb) // the reader hangs up in the middle
	})
	out := providertest.Ask(t, provider(safedial.Config{}), map[string]string{"website": at}).Outputs
	require.Equal(t, map[string]any{"title": "Bomb", "url": at}, out)
}

// certificate is one of its own making for 127.0.0.1, or for another host.
func certificate(t *testing.T, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, DNSNames: []string{"x.example"}, NotBefore: time.Unix(1e9, 0), NotAfter: time.Unix(1<<33, 0)}
	c.IPAddresses = append(c.IPAddresses, []byte{127, 0, 0, 1})
	change(c)
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestFaultsOfCertificatesAreNamed(t *testing.T) {
	t.Parallel()
	for says, change := range map[string]func(*x509.Certificate){
		"the site's certificate has expired on 2004-01-10":                          func(c *x509.Certificate) { c.NotAfter = time.Unix(1073692800, 0) },
		"the site's certificate is not valid before 2200-01-01":                     func(c *x509.Certificate) { c.NotBefore = time.Unix(7258118400, 0) },
		"the site's certificate is for another host: x.example":                     func(c *x509.Certificate) { c.IPAddresses = nil },
		"the site's certificate is of an unknown authority: it is signed by itself": func(*x509.Certificate) {},
	} {
		srv := httptest.NewUnstartedServer(http.NotFoundHandler())
		srv.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t, change)}}
		srv.Config.ErrorLog = nil
		srv.StartTLS()
		t.Cleanup(srv.Close)
		_, err := provider(safedial.Config{}).Call(t.Context(), enrichment.Request{Inputs: map[string]string{"website": srv.URL}})
		require.EqualError(t, err, says)
		require.Equal(t, enrichment.CallUnreachable, enrichment.AsCallError(err).Kind)
		_, err = provider(safedial.Config{}).Call(t.Context(), enrichment.Request{Inputs: map[string]string{"website": strings.TrimPrefix(srv.URL, "https://")}})
		require.EqualError(t, err, says, "the reason of https, although http was tried too")
	}
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<title>Plain") })
	_, err := provider(safedial.Config{}).Call(t.Context(), enrichment.Request{Inputs: map[string]string{"website": strings.Replace(plain, "http:", "https:", 1)}})
	require.EqualError(t, err, "the site does not speak https at this address")
	require.Equal(t, "Plain", providertest.Ask(t, provider(safedial.Config{}), map[string]string{"website": strings.TrimPrefix(plain, "http://")}).Outputs["title"])
}
