package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/morket/morket/adapters/httpapi/billingapi"
	"github.com/morket/morket/adapters/outbound/stripegw"
	"github.com/morket/morket/cmd/internal/config"
)

func stripeEndpoint() *cobra.Command {
	return &cobra.Command{
		Use:   "stripe-endpoint",
		Short: "Have Stripe send its events here, and print the signing secret for MORKET_STRIPE_WEBHOOK_SECRET",
		Long: `Makes a webhook endpoint at Stripe for MORKET_PUBLIC_URL, with the version of Stripe's API that Morket reads and the events that it
looks at. Stripe tells the signing secret this once. Where there is an endpoint of this address already, nothing is made.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.FromOS()
			if err != nil {
				return err
			}
			g, err := stripegw.New(stripegw.Config{Key: cfg.StripeKey.Reveal(), URL: cfg.StripeURL})
			if err != nil {
				return fmt.Errorf("set MORKET_STRIPE_SECRET_KEY: %w", err)
			}
			address := strings.TrimRight(cfg.PublicURL, "/") + billingapi.WebhookPath
			secret, err := g.NewEndpoint(cmd.Context(), address)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "MORKET_STRIPE_WEBHOOK_SECRET=%s\n", secret)
			return err
		},
	}
}
