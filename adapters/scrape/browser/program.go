package browser

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/morket/morket/adapters/servers/childproc"
)

// ErrMissing says that there is no Chromium on the machine.
var ErrMissing = errors.New(
	"no Chromium was found: install the package chromium-headless-shell or chromium, or set CHROMIUM_BIN to the program")

// Find returns the Chromium program: the configured one, else one that is installed.
func Find(configured string) (string, error) {
	if configured != "" {
		path, err := exec.LookPath(configured)
		if err != nil {
			return "", errors.Join(ErrMissing, err)
		}
		return path, nil
	}
	// The shell without windows renders several times as fast. The programs themselves come before the scripts around them, which add flags
	// of their own.
	for _, name := range []string{
		"/usr/lib/chromium/chromium-headless-shell", "/usr/lib/chromium/chromium", "/usr/lib64/chromium-browser/chromium-browser",
		"chromium", "chromium-browser",
		"google-chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
	} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}

// Quick reports whether the program is a shell without windows.
func Quick(program string) bool { return strings.Contains(filepath.Base(program), "headless") }

// flags are Chromium's. nowhere is an address that refuses: what the browser asks outside of a task goes there.
func flags(profile, nowhere string) []string {
	return []string{
		"--headless=new", "--remote-debugging-pipe", "--user-data-dir=" + profile, "--no-first-run", "--no-startup-window",
		"--no-default-browser-check",
		// The network: through the proxy of the task only, loopback included; no QUIC, no look-ups, no WebRTC around it.
		"--proxy-server=http://" + nowhere, "--proxy-bypass-list=<-loopback>", "--disable-quic", "--dns-prefetch-disable",
		"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--webrtc-ip-handling-policy=disable_non_proxied_udp",
		"--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
		// What a browser does by itself.
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-extensions",
		"--disable-client-side-phishing-detection",
		"--disable-domain-reliability", "--no-pings", "--metrics-recording-only", "--disable-breakpad", "--disable-crash-reporter",
		"--disable-search-engine-choice-screen",
		"--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider," +
			"InterestFeedContentSuggestions,AutofillServerCommunication,CertificateTransparencyComponentUpdater," +
			"WebTransport,DnsOverHttps,PrintCompositorLPAC,SpareRendererForSitePerProcess",
		// Sites stay in processes of their own.
		"--site-per-process",
		// Small and quiet.
		"--disable-gpu", "--disable-dev-shm-usage", "--mute-audio", "--disable-notifications", "--disable-remote-fonts", "--disable-logging",
		"--log-level=3", "--hide-scrollbars", "--password-store=basic", "--use-mock-keychain",
		"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
		"--js-flags=--max-old-space-size=384",
	}
}

// profilePrefix begins the names of folders that a browser keeps its profile in; the process that made it follows.
const profilePrefix = "morket-browser-"

// makeProfile makes a folder for a browser.
func makeProfile(dir string) (string, error) {
	return os.MkdirTemp(dir, profilePrefix+strconv.Itoa(os.Getpid())+"-")
}

// sweepProfiles removes the folders of processes that were killed.
func sweepProfiles(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var failed error
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), profilePrefix)
		number, _, _ := strings.Cut(rest, "-")
		pid, err := strconv.Atoi(number)
		if !ours || err != nil {
			continue
		}
		if _, alive := childproc.Look(pid); alive {
			continue
		}
		failed = errors.Join(failed, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return failed
}
