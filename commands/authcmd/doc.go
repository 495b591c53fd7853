// Package authcmd signs people and programs in and out: accounts, sessions with their refresh tokens, passwords, API keys.
//
// What must count at once — is this session still open, is this key revoked — is read from the log itself and kept for
// at most CacheLife; a change made by this process counts immediately, one made by another at the latest after CacheLife, or as
// soon as its events come in through Observe.
package authcmd
