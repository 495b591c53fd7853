// Command morket is the whole product in one program: the server with all its roles, and the tools around it.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/boot"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	c, err := root().ExecuteContextC(ctx)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case err == nil, interrupted && errors.Is(err, context.Canceled) && endless(c.Name()):
		return
	case interrupted && errors.Is(err, context.Canceled):
		fmt.Fprintln(os.Stderr, "morket: "+c.Name()+" was interrupted before its end")
	case !errors.Is(err, errSaid):
		fmt.Fprintln(os.Stderr, "morket: "+err.Error())
	}
	os.Exit(1)
}

// endless reports whether the command goes on until it is interrupted, which is no failure of it then.
func endless(command string) bool { return command == "serve" || command == "tail" || command == "mcp" }

// errSaid is the error of a command that has already told what is wrong.
var errSaid = errors.New("failed")

// verdict is the error of a command that tells whether all is well.
func verdict(ok bool, err error) error {
	if err == nil && !ok {
		return errSaid
	}
	return err
}

func root() *cobra.Command {
	c := &cobra.Command{
		Use:           "morket",
		Short:         "Morket: a self-hosted data engine for go-to-market teams",
		Version:       boot.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	c.AddCommand(serve(), migrate(), verify(), rebuild(), doctorCommand(), healthCommand(), benchCommand(), runCommand(), providersCommand(),
		tailCommand(), mcpCommand(), rowsCommand(), historyCommand(), importCommand(), exportCommand(), personCommand(),
		eraseCommand(), stripeEndpoint(), backupCommand(), restoreCommand(), drillCommand(), resetSecondFactor())
	return c
}
