package main

import (
	"context"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/config"
)

func drillCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "drill FILE",
		Short: "Prove a backup: restore it aside, make every read model, verify everything, remove it",
		Long: `Restores FILE (- is standard input, s3://bucket/prefix/NAME one in a bucket) into a Postgres of its own in a temporary folder (TMPDIR), which needs room for all of it, beside whatever
runs. It says how long that takes, which is how long a restore takes on this machine. Nothing is sent anywhere. It fails if anything
differs.`,
		Args: oneFile("drill"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return reading(cmd, args[0], func(ctx context.Context, cfg config.Config, log *slog.Logger, from io.Reader) error {
				ok, err := boot.Drill(ctx, cfg, log, from, cmd.OutOrStdout())
				if err == nil && !ok {
					err = errSaid
				}
				return err
			})
		},
	}
}
