package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/mcpserver"
)

func mcpCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "mcp",
		Short: "Give models the tables of a server as tools (Model Context Protocol)",
		Long: `Speaks the Model Context Protocol on standard input and output, for programs that start it: assistants, editors, agents; ` +
			`or with
--http over HTTP, for those that connect to an address. Put a proxy with TLS before it where others can reach it. The tools find,
read and count rows, search, tell histories, write rows, and estimate and run enrichments on a running server. They can do what the API
key can: make one with the role and the tables that you want a model to have under Settings → API keys. An enrichment starts only with
the highest cost of its estimate as an argument.`,
		Example: `  {"mcpServers": {"morket": {"command": "morket", "args": ["mcp"], ` +
			`"env": {"MORKET_API_KEY": "mk_…", "MORKET_SERVER": "http://127.0.0.1:8080"}}}}`,
		Args: cobra.NoArgs,
	}
	server := serverOf(c)
	addr := c.Flags().String("http", "", "serve over HTTP at this address, as 127.0.0.1:8090, and act by the key of each request")
	c.RunE = func(*cobra.Command, []string) error {
		if *addr != "" {
			return mcpOverHTTP(c, server, *addr)
		}
		client, err := server.client()
		if err != nil {
			return err
		}
		if _, err := client.Workspace(c.Context()); err != nil { // a bad key shows when it starts
			return err
		}
		err = mcpserver.New(client, boot.Version).Run(c.Context(), &mcp.StdioTransport{})
		if errors.Is(err, io.EOF) { // the program that started it has ended
			return nil
		}
		return err
	}
	return c
}

// Bounds of a server of tools.
const (
	mcpReadWithin  = 30 * time.Second // a whole request
	mcpIdleWithin  = 2 * time.Minute
	mcpStopsWithin = 10 * time.Second
)

// mcpOverHTTP serves the tools at an address until it is told to stop.
func mcpOverHTTP(c *cobra.Command, server *named, addr string) error {
	if server.cfg.Key != "" {
		return errors.New("--key and --http don't go together: over HTTP each request brings its own key")
	}
	if _, err := server.by("mk_none"); err != nil { // a bad address shows when it starts
		return err
	}
	handler, err := mcpserver.Handler(server.by, boot.Version)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(c.Context(), "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen at --http: %w", err)
	}
	web := &http.Server{Handler: handler, ReadTimeout: mcpReadWithin, IdleTimeout: mcpIdleWithin}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(c.Context(), func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), mcpStopsWithin)
		defer cancel()
		stopped <- web.Shutdown(ctx)
	})
	defer stop()
	_, _ = fmt.Fprintf(c.ErrOrStderr(), "tools at http://%s/\n", l.Addr())
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped // calls under way are answered
}
