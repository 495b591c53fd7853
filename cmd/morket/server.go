package main

import (
	"cmp"
	"errors"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/client"
)

// defaultServer is where a server listens that was started without settings.
const defaultServer = "http://127.0.0.1:8080"

// serverFlags gives a command the flags that say which server it talks to, and returns what makes a client of them.
func serverFlags(c *cobra.Command) func() (*client.Client, error) {
	var cfg client.Config
	f := c.Flags()
	f.StringVar(&cfg.URL, "server", "", "the server's address (MORKET_SERVER; "+defaultServer+")")
	f.StringVar(&cfg.Key, "key", "", "the API key; better in MORKET_API_KEY, where other users of the machine don't see it")
	f.StringVar(&cfg.Workspace, "workspace", "", "the workspace (the key's)")
	return func() (*client.Client, error) {
		cfg.Agent = "morket-" + c.Name() + "/" + boot.Version
		cfg.Key = cmp.Or(cfg.Key, os.Getenv("MORKET_API_KEY"))
		cfg.URL = cmp.Or(cfg.URL, os.Getenv("MORKET_SERVER"), defaultServer)
		return client.New(cfg)
	}
}

// onServer runs what a command does with a client of the server that its flags name. A reader that has seen enough is no failure.
func onServer(c *cobra.Command, do func(server *client.Client, args []string) error) {
	server := serverFlags(c)
	c.RunE = func(_ *cobra.Command, args []string) error {
		client, err := server()
		if err != nil {
			return err
		}
		if err = do(client, args); errors.Is(err, syscall.EPIPE) {
			return nil
		}
		return err
	}
}
