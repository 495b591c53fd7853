package browser_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/scrape/browser"
)

// site is a small web of its own: the names that end in .test are it, all else is refused. inside is a server that must never be reached.
type site struct {
	server  *httptest.Server
	inside  net.Listener
	reached atomic.Int64 // connections to inside
	mu      sync.Mutex
	asked   []string // addresses that the dialer was asked for
	agents  []string
}

// pages are by path. INSIDE stands for the address that must not be reached.
func pages() map[string]string {
	return map[string]string{
		"/static": `<!doctype html><title>Static</title><h1>Hello</h1>`,
		"/client": `<!doctype html><title>Shell</title><div id=app></div><script>fetch('/api').then(r=>r.json()).then(d=>{document.getElementById('app').textContent=d.name})</script>`,
		"/slow":   `<!doctype html><div id=app></div><script>setTimeout(()=>{document.getElementById('app').textContent='late but there'},150)</script>`,
		"/alert":  `<!doctype html><script>alert('a');confirm('b');document.write('<p>went on</p>')</script>`,
		"/spin":   `<!doctype html><p>spins</p><script>onload=()=>{for(;;){}}</script>`,
		"/popup":  `<!doctype html><p>popped</p><script>for(let i=0;i<50;i++)open('/static')</script>`,
		"/memory": `<!doctype html><script>const a=[];for(;;)a.push(new Array(1e6).fill(Math.random()))</script>`,
		"/fetch":  `<!doctype html><div id=r></div><script>Promise.allSettled([fetch('http://INSIDE/'),fetch('https://INSIDE/'),fetch('http://inner.invalid/')]).then(r=>{document.getElementById('r').textContent=r.map(x=>x.status).join()})</script>`,
		"/frames": `<!doctype html><iframe src="http://INSIDE/"></iframe><iframe src="file:///etc/passwd"></iframe><img src="http://INSIDE/x.png"><script src="http://INSIDE/x.js"></script><iframe src="http://other.test/static"></iframe><p>framed</p>`,
		"/socket": `<!doctype html><div id=r>?</div><script>
			const out=[]; const done=s=>{out.push(s);document.getElementById('r').textContent=out.join()};
			for (const u of ['ws://INSIDE/','wss://INSIDE/','ws://site.test/ws']) try { const w=new WebSocket(u); w.onopen=()=>done('open'); w.onerror=()=>done('error') } catch(e) { done('thrown') }
			const src="for (const u of ['ws://INSIDE/','ws://site.test/ws']) { const w=new WebSocket(u); w.onopen=()=>postMessage('open'); w.onerror=()=>postMessage('error') }";
			const k=new Worker(URL.createObjectURL(new Blob([src]))); k.onmessage=e=>done('worker '+e.data)</script>`,
		"/rtc": `<!doctype html><iframe id=f></iframe><script>
			const C=window.RTCPeerConnection||document.getElementById('f').contentWindow.RTCPeerConnection;
			try{const c=new C({iceServers:[{urls:'turn:INSIDE?transport=tcp',username:'a',credential:'b'},{urls:'stun:INSIDE'}]});c.createDataChannel('x');c.createOffer().then(o=>c.setLocalDescription(o));document.title='made'}catch(e){document.title='none'}</script>`,
		"/worker":   `<!doctype html><div id=r></div><script>navigator.serviceWorker.register('/sw.js').then(()=>'registered',e=>e.name).then(t=>{document.getElementById('r').textContent=t})</script>`,
		"/download": `<!doctype html><p>asked</p><a id=a href="/file" download>x</a><script>document.getElementById('a').click()</script>`,
		"/env":      `<!doctype html><div id=r></div><script>document.getElementById('r').textContent=[Intl.DateTimeFormat().resolvedOptions().timeZone,navigator.language,innerWidth].join()</script>`,
		"/cookie":   `<!doctype html><div id=r></div><script>document.getElementById('r').textContent='cookies: '+document.cookie;document.cookie='seen=1'</script>`,
	}
}

func newSite(tb testing.TB) *site {
	tb.Helper()
	s := &site{}
	var err error
	s.inside, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = s.inside.Close() })
	go func() {
		for {
			c, err := s.inside.Accept()
			if err != nil {
				return
			}
			s.reached.Add(1)
			_ = c.Close()
		}
	}()
	s.server = httptest.NewServer(http.HandlerFunc(s.serve))
	tb.Cleanup(s.server.Close)
	return s
}

func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.agents = append(s.agents, r.UserAgent())
	s.mu.Unlock()
	if text, ok := pages()[r.URL.Path]; ok {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprint(w, strings.ReplaceAll(text, "INSIDE", s.inside.Addr().String()))
		return
	}
	switch r.URL.Path {
	case "/api":
		_, _ = fmt.Fprint(w, `{"name":"Rendered by the client"}`)
	case "/sw.js":
		w.Header().Set("Content-Type", "text/javascript")
	case "/file":
		w.Header().Set("Content-Disposition", "attachment; filename=x.bin")
		_, _ = w.Write(make([]byte, 1<<10))
	case "/to-inside":
		http.Redirect(w, r, "http://"+s.inside.Addr().String()+"/", http.StatusFound)
	case "/to-file":
		http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
	case "/loop":
		http.Redirect(w, r, "/loop", http.StatusFound)
	case "/huge":
		w.Header().Set("Content-Type", "text/html")
		for range 64 {
			_, _ = w.Write(make([]byte, 1<<20))
		}
	default:
		http.NotFound(w, r)
	}
}

// DialContext implements filterproxy.Dialer.
func (s *site) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	s.mu.Lock()
	s.asked = append(s.asked, address)
	s.mu.Unlock()
	host, _, _ := net.SplitHostPort(address)
	if !strings.HasSuffix(host, ".test") {
		return nil, errors.New("refused")
	}
	return (&net.Dialer{}).DialContext(ctx, network, s.server.Listener.Addr().String())
}

func pool(tb testing.TB, s *site, change func(*browser.Config)) *browser.Pool {
	tb.Helper()
	cfg := browser.Config{Dialer: s, Logger: slog.New(slog.DiscardHandler), Dir: shortDir(tb), Agent: "Mozilla/5.0 (compatible; Morket/test)", Pressed: func() bool { return false }}
	if change != nil {
		change(&cfg)
	}
	p, err := browser.New(cfg)
	require.NoError(tb, err)
	tb.Cleanup(p.Close)
	return p
}
