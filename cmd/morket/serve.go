package main

import (
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/config"
)

func serve() *cobra.Command {
	var roles []string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if len(roles) > 0 { // the flag is the setting's twin, so that it is checked like the setting
				if err := os.Setenv("MORKET_ROLES", strings.Join(roles, ",")); err != nil {
					return err
				}
			}
			cfg, err := config.FromOS()
			if err != nil {
				return err
			}
			return boot.Serve(cmd.Context(), cfg, cmd.OutOrStdout())
		},
	}
	c.Flags().StringSliceVar(&roles, "roles", nil, "what this process does: all, or some of api, relay, projector, worker")
	return c
}
