package main

import (
	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/cmd/internal/doctor"
)

func doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check everything that Morket needs, and say what to do about what is missing",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.FromOS()
			if err != nil {
				return err
			}
			return verdict(doctor.Run(cmd.Context(), cfg, cmd.OutOrStdout()))
		},
	}
}
