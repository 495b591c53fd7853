// Package safedial makes HTTP clients that can be pointed at addresses which strangers have written, without reaching anything but
// the public internet.
//
// The check is made on the IP address of each connection, after DNS, in the dialer's Control hook: no name in a URL, in a redirect or
// in a second answer of DNS leads to a private address. IPv4 addresses hidden in IPv6 ones (mapped, NAT64, 6to4, Teredo) are
// judged by what is hidden in them. No proxy is ever used.
package safedial
