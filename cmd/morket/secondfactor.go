package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/boot"
)

func resetSecondFactor() *cobra.Command {
	return &cobra.Command{
		Use:   "reset-second-factor email",
		Short: "Turn two-step sign-in off for a person who has lost the app and the recovery codes",
		Long: `Turns two-step sign-in off for the account with the email address, so that its password alone signs in. Make sure first that it is
the person who asks. It needs the server's settings and database, as morket verify does; the running server need not be stopped.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withPlatform(cmd.Context(), func(ctx context.Context, p *boot.Platform) error {
				if err := p.ResetSecondFactor(ctx, args[0]); err != nil {
					return err
				}
				cmd.Println("two-step sign-in is off for " + args[0])
				return nil
			})
		},
	}
}
