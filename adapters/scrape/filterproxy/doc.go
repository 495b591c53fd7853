// Package filterproxy is the only way to the network for the browser: an HTTP proxy on loopback, one for each task, that connects through
// a dialer which refuses what is not on the public internet. The check is on the address of each connection after DNS, which the browser
// never asks itself, so a redirect, a subresource, a script or a name that changes its address can't lead inside.
//
// Tunnels carry TLS only, and not of a WebSocket: a browser offers nothing but HTTP/1.1 in such a handshake (RFC 7301). Bytes and
// connections of a task are limited. A task's end cuts what is left of it.
package filterproxy
