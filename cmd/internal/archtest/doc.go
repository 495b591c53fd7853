// Package archtest holds the test that keeps dependencies pointing inward. Each ban names its reason; the linter (depguard in
// .golangci.yml) repeats the coarse ones while one types.
package archtest
