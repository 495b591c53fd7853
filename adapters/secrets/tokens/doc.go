// Package tokens makes and reads the secrets by which people and programs sign in: access tokens (JWT), refresh tokens, API
// keys, mailed tokens, and the bcrypt hashes of passwords. Everything is derived from keys of 32 bytes or more; the first
// of them makes new secrets, the others are only still accepted, which is how a key is replaced without signing anybody out.
package tokens
