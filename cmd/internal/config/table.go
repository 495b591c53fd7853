package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Setting describes one variable.
type Setting struct {
	Name, Default, Description string
	Secret                     bool
}

// Settings returns every variable in the order of Config.
func Settings() []Setting {
	t := reflect.TypeFor[Config]()
	settings := make([]Setting, 0, t.NumField())
	for field := range t.Fields() {
		settings = append(settings, Setting{
			Name: field.Tag.Get("env"), Default: field.Tag.Get("envDefault"), Description: field.Tag.Get("desc"),
			Secret: field.Type == reflect.TypeFor[Secret]() || field.Type == reflect.TypeFor[Keys](),
		})
	}
	return settings
}

func names() []string {
	var names []string
	for _, s := range Settings() {
		names = append(names, s.Name)
	}
	return names
}

// Table renders the variables as a Markdown table.
func Table() string {
	var b strings.Builder
	b.WriteString("| Variable | Default | What it does |\n|---|---|---|\n")
	for _, s := range Settings() {
		value := ""
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		if s.Secret {
			s.Description = "*Secret.* " + s.Description
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, value, s.Description)
	}
	return b.String()
}
