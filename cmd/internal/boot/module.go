package boot

import (
	"context"

	"go.temporal.io/sdk/worker"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/commands/reconcile"
)

// module is a module of the product, made by a constructor of its own from the core and from the modules that it names.
type module interface {
	// endpoints adds the module's endpoints.
	endpoints(a *httpapi.API)
	// parts is what else the module adds to a process.
	parts() parts
}

// parts are what a module adds to a process beside its endpoints. All of it is optional.
type parts struct {
	reactions    []reaction
	flows        []flow
	tasks        []task
	sweeps       []sweeper.Sweep
	dependencies []httpapi.Dependency
	// hangUp ends streams to clients, which would keep the web server from stopping.
	hangUp func()
	// close ends what outlives requests.
	close func(context.Context) error
}

// task is something that goes on as long as the process, in the processes that have the role; in all without one.
type task struct {
	name string
	role string
	// reads has it begin when every read model is there.
	reads bool
	run   func(context.Context) error
}

// flow is a kind of Temporal workflow: how a worker carries it out, and what the log says is under way.
type flow struct {
	register func(worker.Registry)
	underway reconcile.Source
}
