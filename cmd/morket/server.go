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
	return serverOf(c).client
}

// named is the server that a command's flags name.
type named struct {
	cfg  client.Config
	name string
}

// serverOf gives a command the flags that say which server it talks to.
func serverOf(c *cobra.Command) *named {
	n := &named{name: c.Name()}
	f := c.Flags()
	f.StringVar(&n.cfg.URL, "server", "", "the server's address (MORKET_SERVER; "+defaultServer+")")
	f.StringVar(&n.cfg.Key, "key", "", "the API key; better in MORKET_API_KEY, where other users of the machine don't see it")
	f.StringVar(&n.cfg.Workspace, "workspace", "", "the workspace (the key's)")
	return n
}

// client acts by the key of the flags or the environment.
func (n *named) client() (*client.Client, error) {
	return n.by(cmp.Or(n.cfg.Key, os.Getenv("MORKET_API_KEY")))
}

// by is a client that acts by the key.
func (n *named) by(key string) (*client.Client, error) {
	cfg := n.cfg
	cfg.Agent = "morket-" + n.name + "/" + boot.Version
	cfg.URL = cmp.Or(cfg.URL, os.Getenv("MORKET_SERVER"), defaultServer)
	cfg.Key = key
	return client.New(cfg)
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
