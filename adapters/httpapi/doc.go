// Package httpapi serves the REST API: echo for HTTP, huma for the OpenAPI document and the decoding of requests. This
// package holds what all endpoints share — the envelope, errors, authentication, permissions, idempotency, positions and
// rate limits; each module's endpoints are in a package of their own below it.
package httpapi
