package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/cmd/internal/offline"
	"github.com/morket/morket/domain/kernel"
)

func providersCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "providers",
		Short: "List the built-in providers with their inputs, outputs and prices",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := config.FromOS()
			if err != nil {
				return err
			}
			pages, err := boot.NewPages(boot.PagesConfig{Settings: settings, Clock: kernel.SystemClock{}, Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				return err
			}
			defer pages.Close()
			registry, err := boot.Providers(settings, kernel.SystemClock{}, pages, nil)
			if err != nil {
				return err
			}
			return offline.Providers(cmd.OutOrStdout(), registry)
		},
	}
}
