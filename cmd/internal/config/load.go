package config

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/hbollon/go-edlib"
)

// prefix of the names that are all ours, so that one that is not known is a mistake. Tests use testPrefix for theirs.
const (
	prefix     = "MORKET_"
	testPrefix = "MORKET_TEST_"
)

// FromOS reads the settings of this process.
func FromOS() (Config, error) { return Load(env.ToMap(os.Environ())) }

// Load reads the settings from the environment and from the file that it names, and checks them. The error lists everything
// that is wrong, a line each, and repeats no secret.
func Load(environ map[string]string) (Config, error) {
	merged, err := withFile(environ)
	if err != nil {
		return Config{}, err
	}
	for name, value := range merged {
		if strings.TrimSpace(value) == "" {
			delete(merged, name) // an empty setting is one that is not made
		}
	}
	errs := unknown(merged)
	var c Config
	if err := env.ParseWithOptions(&c, env.Options{Environment: merged}); err != nil {
		errs = append(errs, parseErrors(err)...)
	}
	if err := c.complete(); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, c.validate()...)
	if len(errs) > 0 {
		return Config{}, &Error{errs}
	}
	return c, nil
}

// Error lists all that is wrong with the settings.
type Error struct{ Problems []error }

// Error gives each problem a line.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = "  " + p.Error()
	}
	return "the settings are wrong:\n" + strings.Join(lines, "\n")
}

// Unwrap returns the problems.
func (e *Error) Unwrap() []error { return e.Problems }

// withFile adds the settings of the file named by MORKET_CONFIG; the environment's win.
func withFile(environ map[string]string) (map[string]string, error) {
	merged := map[string]string{}
	if path := environ["MORKET_CONFIG"]; path != "" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("MORKET_CONFIG: %w", err)
		}
		defer f.Close()
		lines := bufio.NewScanner(f)
		for n := 1; lines.Scan(); n++ {
			line := strings.TrimSpace(lines.Text())
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			name, value, ok := strings.Cut(line, "=")
			if !ok {
				return nil, fmt.Errorf("%s:%d: want NAME=value", path, n)
			}
			name = strings.TrimSpace(strings.TrimPrefix(name, "export "))
			if !slices.Contains(names(), name) {
				return nil, fmt.Errorf("%s:%d: %w", path, n, unknownName(name))
			}
			merged[name] = unquote(strings.TrimSpace(value))
		}
		if err := lines.Err(); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	for name, value := range environ {
		merged[name] = value
	}
	return merged, nil
}

func unquote(value string) string {
	for _, quote := range []string{`"`, `'`} {
		if len(value) >= 2 && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
			return value[1 : len(value)-1]
		}
	}
	return value
}

// unknown finds misspelt names: a setting that is quietly not made is worse than one that is refused.
func unknown(environ map[string]string) []error {
	var errs []error
	for name := range environ {
		if strings.HasPrefix(name, prefix) && !strings.HasPrefix(name, testPrefix) && !slices.Contains(names(), name) {
			errs = append(errs, unknownName(name))
		}
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errs
}

func unknownName(name string) error {
	nearest := slices.MinFunc(names(), func(a, b string) int {
		return edlib.OSADamerauLevenshteinDistance(name, a) - edlib.OSADamerauLevenshteinDistance(name, b)
	})
	return fmt.Errorf("%s: there is no such setting; did you mean %s?", name, nearest)
}

// parseErrors names the variable of each field that could not be read and leaves its value out: it may be a secret.
func parseErrors(err error) []error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return []error{err}
	}
	errs := make([]error, 0, len(all.Errors))
	for _, err := range all.Errors {
		var parse env.ParseError
		if !errors.As(err, &parse) {
			errs = append(errs, err)
			continue
		}
		field, _ := reflect.TypeFor[Config]().FieldByName(parse.Name)
		reason := parse.Err
		switch parse.Type {
		case reflect.TypeFor[int]():
			reason = errors.New("want a whole number")
		case reflect.TypeFor[Keys](), reflect.TypeFor[Secret]():
		default:
			reason = fmt.Errorf("%w; %s", parse.Err, field.Tag.Get("desc"))
		}
		errs = append(errs, fmt.Errorf("%s: %w", field.Tag.Get("env"), reason))
	}
	return errs
}

// complete fills in the defaults that depend on other settings or on the machine.
func (c *Config) complete() error {
	if c.PublicURL == "" {
		c.PublicURL = "http://" + c.HTTPAddr
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	if c.CacheDir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("MORKET_CACHE_DIR: is empty, and the user has no cache folder: %w", err)
		}
		c.CacheDir = filepath.Join(user, "morket")
	}
	for _, dir := range []*string{&c.DataDir, &c.CacheDir} {
		abs, err := filepath.Abs(*dir)
		if err != nil {
			return err
		}
		*dir = abs
	}
	return nil
}
