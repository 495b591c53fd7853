package simulator_test

import _ "unsafe" // for go:linkname

// simulatorChoices is the state of the choices that the runtime makes between the ready cases of a select, if the program was built by the
// go command that lies here. Otherwise it is a variable like any other, and they are random.
//
//go:linkname simulatorChoices runtime.simulatorChoices
var simulatorChoices uint64 //nolint:gochecknoglobals // the runtime has no place for it in a seed

// choices is the state that a seed begins with.
func choices(seed uint64) uint64 { return dice(seed).of("choices").state | 1 }
