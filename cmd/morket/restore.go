package main

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/backup"
	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/config"
)

func restoreCommand() *cobra.Command {
	var keys bool
	var until string
	c := &cobra.Command{
		Use:   "restore FILE | restore --until TIME|POSITION|latest ARCHIVE",
		Short: "Read a backup into an empty data folder or database",
		Long: `Reads FILE (- is standard input, s3://bucket/prefix/NAME one in a bucket) ` +
			`into the data folder, or into DATABASE_URL and S3_URL. Both must be empty; what fails leaves them so.
Then start the server: it makes the read models from the log, and goes on with what was under way. The log begins a new history, so that
searches, analytics and readers of events notice what they have of the time after the backup.

With --until it reads ARCHIVE, the folder or bucket of MORKET_ARCHIVE_TARGET, ` +
			`and brings the data folder to that moment (2026-01-31T12:00:00Z), to that
position of the log with what was committed together with it, or with latest to the archive's end. What is not in the archive is refused.

With --keys it only prints the keys that are in FILE, as the settings that a server on DATABASE_URL needs: keep them secret.`,
		Args: oneFile("restore"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if keys {
				return printKeys(cmd, args[0])
			}
			if until != "" {
				return pointInTime(cmd, until, func(ctx context.Context, cfg config.Config, log *slog.Logger, point boot.Until) error {
					return boot.RestoreUntil(ctx, cfg, log, args[0], point, cmd.ErrOrStderr())
				})
			}
			return reading(cmd, args[0], func(ctx context.Context, cfg config.Config, log *slog.Logger, from io.Reader) error {
				return boot.Restore(ctx, cfg, log, from, cmd.ErrOrStderr())
			})
		},
	}
	c.Flags().BoolVar(&keys, "keys", false, "print the keys in the backup, and restore nothing")
	c.Flags().StringVar(&until, "until", "", "the moment or the position of the log to restore from an archive, or latest")
	c.MarkFlagsMutuallyExclusive("keys", "until")
	return c
}

// pointInTime calls do with the settings and the point in an archive's time.
func pointInTime(cmd *cobra.Command, until string, do func(context.Context, config.Config, *slog.Logger, boot.Until) error) error {
	point, err := boot.ParseUntil(until)
	if err != nil {
		return err
	}
	cfg, err := config.FromOS()
	if err != nil {
		return err
	}
	if cfg.Passphrase, err = passphrase(cmd, cfg.Passphrase, false); err != nil {
		return err
	}
	return do(cmd.Context(), cfg, boot.Logger(cfg), point)
}

// printKeys needs no other settings: those that DATABASE_URL needs may be the ones that were lost.
func printKeys(cmd *cobra.Command, file string) error {
	var uploads config.Secret // the server of a bucket that file names
	if err := uploads.UnmarshalText([]byte(os.Getenv("S3_URL"))); err != nil {
		return err
	}
	from, err := input(cmd, config.Config{S3URL: uploads}, file)
	if err != nil {
		return err
	}
	defer from.Close()
	var set config.Secret
	if err := set.UnmarshalText([]byte(os.Getenv("MORKET_BACKUP_PASSPHRASE"))); err != nil {
		return err
	}
	if set, err = passphrase(cmd, set, false); err != nil {
		return err
	}
	b, err := backup.Open(from, set.Reveal())
	if err != nil {
		return err
	}
	defer b.Close()
	_, err = io.WriteString(cmd.OutOrStdout(), "MORKET_MASTER_KEY="+b.Keys.Master+"\nMORKET_JWT_KEYS="+b.Keys.Signing+"\n")
	return err
}
