// Package client talks to a running server by its REST API with an API key. It is behind the commands that use a server: tail, rows,
// history, import, export and mcp.
//
// A request is tried again where the server asks for that (429, 503) or where its answer was lost. A write keeps its idempotency key
// over all tries, so that it acts once. A read reflects what this client wrote before it. Everything that is read has a limit.
package client
