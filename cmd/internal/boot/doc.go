// Package boot puts the program together by hand. The core is what is opened before any module: settings, database, log, keys. Each
// module is made by a constructor in a file of its own, from the core and the modules that it names, and says what it adds to a
// process: endpoints, reactions, flows, tasks, sweeps, dependencies. Nothing calls back up. A new module is a file, a line in product.go
// and its events and read model in modules.go.
package boot
