package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/config"
)

// withPlatform runs fn on the configured database, starting the embedded one if no server runs it already.
func withPlatform(ctx context.Context, fn func(context.Context, *boot.Platform) error) error {
	cfg, err := config.FromOS()
	if err != nil {
		return err
	}
	p, err := boot.Open(ctx, cfg, boot.Logger(cfg))
	if err != nil {
		return err
	}
	defer p.Close() //nolint:contextcheck // what it ends outlives ctx, which has ended by then
	return fn(ctx, p)
}

func migrate() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schemas up to date",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withPlatform(cmd.Context(), func(context.Context, *boot.Platform) error {
				cmd.Println("the schemas are up to date")
				return nil
			})
		},
	}
}

func verify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Check the log, and that every read model equals one rebuilt from it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withPlatform(cmd.Context(), func(ctx context.Context, p *boot.Platform) error {
				return verdict(p.Verify(ctx, cmd.OutOrStdout()))
			})
		},
	}
}

func rebuild() *cobra.Command {
	return &cobra.Command{
		Use:   "rebuild [projection…]",
		Short: "Make read models anew from the log, while the old ones serve",
		RunE: func(cmd *cobra.Command, names []string) error {
			return withPlatform(cmd.Context(), func(ctx context.Context, p *boot.Platform) error {
				return p.Rebuild(ctx, cmd.OutOrStdout(), names)
			})
		},
	}
}
