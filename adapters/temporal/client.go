package temporal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"

	"github.com/morket/morket/projections"
)

// Queue is the task queue of Morket's flows.
const Queue = "morket"

// Config says where Temporal is.
type Config struct {
	Address   string
	Namespace string // "morket" when empty
	Queue     string // Queue when empty
	Logger    *slog.Logger
	// Interceptors are around each call, and around each flow and activity of the worker, for example to trace them.
	Interceptors []interceptor.ClientInterceptor
}

// Client starts and signals flows. It connects when it is first needed and again after a loss, so that Morket starts and works
// without Temporal; what needs a flow then waits.
type Client struct {
	cfg  Config
	sdk  client.Client
	down atomic.Bool
}

const callTimeout = 10 * time.Second

// Open makes a client. It does not connect yet.
func Open(cfg Config) (*Client, error) {
	if cfg.Namespace == "" {
		cfg.Namespace = "morket"
	}
	if cfg.Queue == "" {
		cfg.Queue = Queue
	}
	if cfg.Logger == nil {
		return nil, errors.New("temporal needs a logger")
	}
	sdk, err := client.NewLazyClient(client.Options{
		HostPort:     cfg.Address,
		Namespace:    cfg.Namespace,
		Logger:       log.NewStructuredLogger(cfg.Logger),
		Interceptors: cfg.Interceptors,
	})
	if err != nil {
		return nil, fmt.Errorf("temporal at %s: %w", cfg.Address, err)
	}
	return &Client{cfg: cfg, sdk: sdk}, nil
}

// Close lets go of the connection.
func (c *Client) Close() { c.sdk.Close() }

// SDK returns the client of Temporal's own library, for workers.
func (c *Client) SDK() client.Client { return c.sdk }

// Down reports whether the last call found Temporal unreachable.
func (c *Client) Down() bool { return c.down.Load() }

// Check asks Temporal whether it is well.
func (c *Client) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := c.sdk.CheckHealth(ctx, &client.CheckHealthRequest{})
	return c.told(err)
}

// Start starts the flow with the id, unless it runs: a repeat starts nothing twice. One that has ended is started again, since
// the log says what has to be done: a flow that has nothing left to do ends at once. When Temporal can't be reached it answers a
// *projections.WaitError.
func (c *Client) Start(ctx context.Context, id, workflow string, in any) (started bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err = c.sdk.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: c.cfg.Queue,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIDConflictPolicy:                 enums.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, workflow, in)
	if temporal.IsWorkflowExecutionAlreadyStartedError(err) {
		return false, c.told(nil)
	}
	return err == nil, c.told(err)
}

// Signal signals the flow with the id; found is false if it does not run.
func (c *Client) Signal(ctx context.Context, id, signal string) (found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err = c.sdk.SignalWorkflow(ctx, id, "", signal, nil)
	var gone *serviceerror.NotFound
	if errors.As(err, &gone) {
		return false, c.told(nil)
	}
	return err == nil, c.told(err)
}

// told notes whether Temporal is there and makes its absence an error that a reactor waits on.
func (c *Client) told(err error) error {
	if err == nil {
		c.down.Store(false)
		return nil
	}
	var (
		unavailable *serviceerror.Unavailable
		deadline    *serviceerror.DeadlineExceeded
		missing     *serviceerror.NamespaceNotFound
		exhausted   *serviceerror.ResourceExhausted
	)
	if errors.As(err, &unavailable) || errors.As(err, &deadline) || errors.As(err, &missing) || errors.As(err, &exhausted) ||
		errors.Is(err, context.DeadlineExceeded) {
		c.down.Store(true)
		return &projections.WaitError{For: "temporal", Err: err}
	}
	return err
}
