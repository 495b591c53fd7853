package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/morket/morket/cmd/internal/cells"
)

// stepCells is the step that simulates many workspaces over many cells. It needs no server and is no part of all.
const stepCells = "cells"

// Bounds of the simulation.
const (
	cellsWorkspaces = 10_000
	cellsDays       = 90
	cellsSeed       = 1
)

func benchCells(cmd *cobra.Command, file string) error {
	r := cells.Compare(cellsSeed, cellsWorkspaces, cellsDays, cells.DefaultMachines(), func(o cells.Outcome) {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%d cells, placement %s\n", o.Cells, o.Placement)
	})
	if err := r.Table(cmd.OutOrStdout()); err != nil {
		return err
	}
	return writeReport(r, file)
}
