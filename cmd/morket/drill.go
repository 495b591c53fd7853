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
	var until string
	c := &cobra.Command{
		Use:   "drill FILE | drill --until TIME|POSITION|latest ARCHIVE",
		Short: "Prove a backup or an archive: restore it aside, make every read model, verify everything, remove it",
		Long: `Restores FILE (- is standard input, s3://bucket/prefix/NAME one in a bucket) ` +
			`into a Postgres of its own in a temporary folder (TMPDIR), which needs room for all of it, beside whatever
runs. It says how long that takes, which is how long a restore takes on this machine. Nothing is sent anywhere. It fails if anything
differs.

With --until it proves ARCHIVE, the folder or bucket of MORKET_ARCHIVE_TARGET, ` +
			`by what it has of that moment, that position of the log, or of its end.`,
		Args: oneFile("drill"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if until != "" {
				return pointInTime(cmd, until, func(ctx context.Context, cfg config.Config, log *slog.Logger, point boot.Until) error {
					return verdict(boot.DrillUntil(ctx, cfg, log, args[0], point, cmd.OutOrStdout()))
				})
			}
			return reading(cmd, args[0], func(ctx context.Context, cfg config.Config, log *slog.Logger, from io.Reader) error {
				return verdict(boot.Drill(ctx, cfg, log, from, cmd.OutOrStdout()))
			})
		},
	}
	c.Flags().StringVar(&until, "until", "", "the moment or the position of the log by which an archive is proved, or latest")
	return c
}
