package main

import (
	"errors"
	"io"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/client"
	"github.com/morket/morket/cmd/internal/mcpserver"
)

func mcpCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "mcp",
		Short: "Give models the tables of a server as tools (Model Context Protocol)",
		Long: `Speaks the Model Context Protocol on standard input and output, for programs that start it: assistants, editors, agents. ` +
			`The tools find,
read and count rows, search, tell histories, write rows, and estimate and run enrichments on a running server. They can do what the API
key can: make one with the role and the tables that you want a model to have under Settings → API keys. An enrichment starts only with
the highest cost of its estimate as an argument.`,
		Example: `  {"mcpServers": {"morket": {"command": "morket", "args": ["mcp"], ` +
			`"env": {"MORKET_API_KEY": "mk_…", "MORKET_SERVER": "http://127.0.0.1:8080"}}}}`,
		Args: cobra.NoArgs,
	}
	onServer(c, func(server *client.Client, _ []string) error {
		if _, err := server.Workspace(c.Context()); err != nil { // a bad key shows when it starts
			return err
		}
		err := mcpserver.New(server, boot.Version).Run(c.Context(), &mcp.StdioTransport{})
		if errors.Is(err, io.EOF) { // the program that started it has ended
			return nil
		}
		return err
	})
	return c
}
