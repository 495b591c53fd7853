// Command awsschema is a Terraform provider that knows the schema of the AWS provider and nothing else. With it terraform validate finds a
// wrong argument, and terraform test runs over mocked resources, without the network and without an account. It reads the schema from the
// file that AWS_SCHEMA names, which infra/check makes. It can neither plan nor change anything.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
)

// address is the provider's that this one stands in for.
const address = "registry.terraform.io/hashicorp/aws"

func main() {
	if err := run(os.Getenv("AWS_SCHEMA")); err != nil {
		fmt.Fprintln(os.Stderr, "awsschema: "+err.Error())
		os.Exit(1)
	}
}

func run(path string) error {
	if path == "" {
		return errors.New("AWS_SCHEMA names no file; infra/check/check.py sets it")
	}
	text, err := os.ReadFile(path) //nolint:gosec // the path is the caller's, who runs this program
	if err != nil {
		return err
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	reply, err := d.response()
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	return tf6server.Serve(address, func() tfprotov6.ProviderServer { return server{reply: reply} })
}
