package tokens

import (
	"crypto/hmac"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Download signs a link to an exported file of a workspace that is good until then. The link is all that is needed for it.
func (i *Issuer) Download(ws kernel.WorkspaceID, export kernel.ExportID, until time.Time) string {
	body := string(ws) + "." + string(export) + "." + strconv.FormatInt(until.Unix(), 36)
	return body + "." + base64.RawURLEncoding.EncodeToString(mac(i.keys[0].download, "file", body))
}

// Downloaded reads a link that we have signed; false if it is none, or its time is over. The signature is compared first, in constant time.
func (i *Issuer) Downloaded(link string) (ws kernel.WorkspaceID, export kernel.ExportID, ok bool) {
	at := strings.LastIndexByte(link, '.')
	if at < 0 || len(link) > 200 {
		return "", "", false
	}
	body := link[:at]
	tag, err := base64.RawURLEncoding.Strict().DecodeString(link[at+1:])
	if err != nil {
		return "", "", false
	}
	for _, k := range i.keys {
		if !hmac.Equal(tag, mac(k.download, "file", body)) {
			continue
		}
		parts := strings.Split(body, ".")
		if len(parts) != 3 { //nolint:mnd // as Download writes it
			return "", "", false
		}
		until, err := strconv.ParseInt(parts[2], 36, 64)
		if err != nil || i.clock.Now().Unix() >= until {
			return "", "", false
		}
		return kernel.WorkspaceID(parts[0]), kernel.ExportID(parts[1]), true
	}
	return "", "", false
}
