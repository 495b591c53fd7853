package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/morket/morket/cmd/internal/backup"
	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/config"
)

func backupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write everything that can't be made again into one sealed file, while the server runs",
		Long: `Writes the log, the keys, the queues and the objects, all as of one moment, into FILE; ` +
			`- is standard output. Servers may run on. The file
is sealed with a passphrase (MORKET_BACKUP_PASSPHRASE, or asked for): keep that elsewhere, since nobody can open the file without it.
FILE has its name when it is whole; until then it is FILE.partial. s3://bucket/prefix is a bucket at the server and with the keys of S3_URL,
an address like that of S3_URL any other one: the backup gets a name there, which is printed, and what an earlier one that was killed
has left is removed.`,
		Example: `  morket backup /backups/morket-$(date +%F).backup
  morket backup s3://bucket/morket`,
		Args: oneFile("backup"),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := config.FromOS()
			if err != nil {
				return err
			}
			if args[0] == standard && term.IsTerminal(int(os.Stdout.Fd())) {
				return errors.New("a backup is no text for a terminal: name a file, or send standard output somewhere")
			}
			if cfg.Passphrase, err = passphrase(cmd, cfg.Passphrase, true); err != nil {
				return err
			}
			write := func(w io.Writer) error {
				return boot.Backup(cmd.Context(), cfg, boot.Logger(cfg), w, cmd.ErrOrStderr())
			}
			if args[0] == standard {
				return write(cmd.OutOrStdout())
			}
			if !boot.IsBucket(args[0]) {
				return backup.WriteFile(args[0], write)
			}
			name, err := boot.BackupTo(cmd.Context(), cfg, args[0], write)
			if err == nil {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", name)
			}
			return err
		},
	}
}

// standard names standard input or output in place of a file.
const standard = "-"

func oneFile(command string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return errors.New("name one file: morket " + command + " FILE; - is the standard input or output")
		}
		return nil
	}
}
