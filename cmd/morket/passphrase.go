package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/config"
)

// passphrase is the one that was set, or what the person at the terminal says, twice for a new one.
func passphrase(cmd *cobra.Command, set config.Secret, isNew bool) (said config.Secret, err error) {
	if set.IsSet() {
		return set, nil
	}
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0) // standard input may be the backup
	if err != nil {
		return said, errors.New("there is no passphrase: set MORKET_BACKUP_PASSPHRASE, or say it at a terminal")
	}
	defer tty.Close()
	ask := func(what string) (string, error) {
		_, _ = fmt.Fprint(cmd.ErrOrStderr(), what)
		text, err := term.ReadPassword(int(tty.Fd()))
		_, _ = fmt.Fprintln(cmd.ErrOrStderr())
		return string(text), err
	}
	text, err := ask("Passphrase of the backup: ")
	if err != nil {
		return said, err
	}
	if isNew {
		if len(text) < config.MinPassphrase {
			return said, fmt.Errorf("the passphrase has %d characters, want at least %d", len(text), config.MinPassphrase)
		}
		again, err := ask("Once more: ")
		if err != nil {
			return said, err
		}
		if again != text {
			return said, errors.New("the two passphrases differ")
		}
	}
	return said, said.UnmarshalText([]byte(text))
}

// reading calls do with the settings and the backup.
func reading(cmd *cobra.Command, file string, do func(context.Context, config.Config, *slog.Logger, io.Reader) error) error {
	cfg, err := config.FromOS()
	if err != nil {
		return err
	}
	from, err := input(cmd, cfg, file)
	if err != nil {
		return err
	}
	defer from.Close()
	if cfg.Passphrase, err = passphrase(cmd, cfg.Passphrase, false); err != nil {
		return err
	}
	return do(cmd.Context(), cfg, boot.Logger(cfg), from)
}

func input(cmd *cobra.Command, cfg config.Config, file string) (io.ReadCloser, error) {
	if file == standard {
		return io.NopCloser(cmd.InOrStdin()), nil
	}
	return boot.OpenBackup(cmd.Context(), cfg, file)
}
