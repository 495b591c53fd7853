package main

import (
	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/client"
	"github.com/morket/morket/cmd/internal/personcli"
)

func eraseCommand() *cobra.Command {
	var cfg personcli.Config
	c := &cobra.Command{
		Use:   "erase",
		Short: "Erase everything that a workspace holds about a person",
		Long: `Has a server look for everything about a person, shows how much is where, and erases it once the word "erase" is typed. It goes on
at the server when the command ends before. What it ends with is a signed certificate. The key has to be of an owner or an admin and good
for the whole workspace.`,
		Example: `  morket erase --email ada@example.com --phone '+44 20 7946 0958' --out ada.json
  morket erase --name 'Ada Lovelace' --company Acme --yes --certificate ada-erased.json`,
		Args: cobra.NoArgs,
	}
	f := c.Flags()
	personFlags(c, &cfg)
	f.StringVarP(&cfg.Out, "out", "o", "", "save everything that is held in this file first, as JSON")
	f.StringVar(&cfg.Certificate, "certificate", "", "file for the certificate (erasure-<id>.json)")
	f.BoolVarP(&cfg.Yes, "yes", "y", false, "erase without asking")
	onServer(c, func(server *client.Client, _ []string) error {
		cfg.Client, cfg.In, cfg.Err = server, c.InOrStdin(), c.ErrOrStderr()
		return personcli.Erase(c.Context(), cfg)
	})
	return c
}

func personCommand() *cobra.Command {
	var cfg personcli.Config
	c := &cobra.Command{
		Use:     "person --out FILE",
		Short:   "Save everything that a workspace holds about a person, and change nothing",
		Example: `  morket person --email ada@example.com --out ada.json`,
		Args:    cobra.NoArgs,
	}
	personFlags(c, &cfg)
	c.Flags().StringVarP(&cfg.Out, "out", "o", "", "file to write, as JSON")
	onServer(c, func(server *client.Client, _ []string) error {
		cfg.Client, cfg.Err = server, c.ErrOrStderr()
		return personcli.Save(c.Context(), cfg)
	})
	return c
}

// personFlags are the flags that name the person.
func personFlags(c *cobra.Command, cfg *personcli.Config) {
	f := c.Flags()
	f.StringArrayVar(&cfg.Emails, "email", nil, "an email address of the person; may be repeated")
	f.StringArrayVar(&cfg.Phones, "phone", nil, "a phone number of the person, with the country's code where possible; may be repeated")
	f.StringVar(&cfg.Name, "name", "", "the person's name, with --company: a row is about a person when it has both")
	f.StringVar(&cfg.Firm, "company", "", "the company that goes with --name")
}
