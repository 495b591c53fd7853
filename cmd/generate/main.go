// Command generate writes what is generated and committed: the events' JSON Schemas, the OpenAPI document, the interface's reader of
// patches, the README's table of settings and the table of the functions that formulas have. CI runs it and fails when anything differs.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/cmd/internal/schemas"
	"github.com/morket/morket/domain/kernel/expression"
)

func main() {
	if err := errors.Join(eventSchemas("cmd/internal/schemas"), openAPI("ui/openapi.json"), patches("ui/src/realtime/patches.gen.ts"),
		section("README.md", "settings", config.Table()), section("domain/kernel/expression/README.md", "functions", functions())); err != nil {
		fmt.Fprintln(os.Stderr, "generate: "+err.Error())
		os.Exit(1)
	}
}

// eventSchemas writes the event types' schemas and removes those of types that are gone.
func eventSchemas(dir string) error {
	codec, err := boot.Codec()
	if err != nil {
		return err
	}
	files, err := schemas.Generate(codec, boot.Published())
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil {
		return err
	}
	for _, path := range old {
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if _, still := files[filepath.ToSlash(name)]; !still {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func openAPI(path string) error {
	doc, err := boot.OpenAPI()
	if err != nil {
		return err
	}
	return os.WriteFile(path, doc, 0o644)
}

// section is a part of a README that is written here. It stands between two comments that name it.
func section(path, name, content string) error {
	begin, end := "<!-- "+name+": written by make generate -->\n", "<!-- /"+name+" -->"
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the %s", path, name)
	}
	return os.WriteFile(path, []byte(before+begin+"\n"+content+"\n"+end+after), 0o644) //nolint:gosec // the paths are main's
}

// functions is the table of the functions that formulas have.
func functions() string {
	var b strings.Builder
	b.WriteString("| Function | What it makes | Example | Result |\n|---|---|---|---|\n")
	cell := strings.NewReplacer("|", `\|`)
	group := ""
	for _, f := range expression.Functions() {
		if f.Group != group {
			group = f.Group
			fmt.Fprintf(&b, "| **%s** | | | |\n", group)
		}
		fmt.Fprintf(&b, "| `%s` | %s | `%s` | `%s` |\n", cell.Replace(f.Signature), f.Summary, cell.Replace(f.Example), cell.Replace(f.Result))
	}
	return b.String()
}
