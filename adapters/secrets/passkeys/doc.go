// Package passkeys checks what browsers answer about passkeys: that it was asked for by us, on a page of ours, of a device that has
// verified its person (WebAuthn Level 3, 7.1 and 7.2).
package passkeys
