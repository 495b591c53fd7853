// Package waterfall asks providers in order until one gives an answer that is good enough. It is the engine behind runs, previews
// and the command line, and knows neither the log nor flows.
//
// One Engine is shared by everything in a process: it keeps the providers' rate limits and circuit breakers, and shares
// calls out fairly between workspaces and runs. A Session is one run's use of it.
package waterfall
