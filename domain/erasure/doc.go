// Package erasure is the erasing of what a workspace holds about a person: what is looked for, what was found, what was erased where, and
// the list of those who may not come back. It holds no value of anybody: persons are named by keyed hashes only.
package erasure
