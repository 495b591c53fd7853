// Package browser renders pages in Chromium.
//
// One Chromium serves several tasks at once, each in an incognito context of its own with a filtering proxy of its own, so that nothing
// of one page is seen by another. It is started when it is first needed, replaced when it has crashed or has shown its share of pages,
// and ended when nobody needs it for a while. It is spoken to over a pipe: no port is open to which a page or another user could speak.
//
// Of go-rod only the protocol is used (lib/cdp, lib/proto): its launcher switches site isolation off and its browser keeps what it knows of
// pages that are gone.
//
// Chromium's sandbox is always on. Root can't have it, so Chromium then runs as an ordinary user (the one that called sudo, else nobody).
package browser
