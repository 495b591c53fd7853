// Command generate writes what is generated and committed: the events' JSON Schemas, the OpenAPI document, the interface's reader of patches, and the README's
// table of settings. CI runs it and fails when anything differs.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/cmd/internal/schemas"
)

func main() {
	if err := errors.Join(eventSchemas("cmd/internal/schemas"), openAPI("ui/openapi.json"), patches("ui/src/realtime/patches.gen.ts"), readme("README.md")); err != nil {
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

// The README's table of settings stands between these lines.
const (
	begin = "<!-- settings: written by make generate -->\n"
	end   = "<!-- /settings -->"
)

func readme(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s has no place for the settings", path)
	}
	var b bytes.Buffer
	b.WriteString(before + begin + "\n" + config.Table() + "\n" + end + after)
	return os.WriteFile(path, b.Bytes(), 0o644)
}
