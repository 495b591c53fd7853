//go:build !linux

package browser

// pressed is not known here.
func pressed() bool { return false }
