package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// shipped are the licences of what is in the interface that users get; tools may also have those of tooling.
func shipped() []string {
	return []string{"MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "CC0-1.0", "BlueOak-1.0.0", "Unlicense"}
}

func tooling() []string { return append(shipped(), "MPL-2.0", "CC-BY-4.0", "Python-2.0") }

// lockedPackage is an entry of package-lock.json.
type lockedPackage struct {
	Version   string
	Resolved  string
	Integrity string
	License   any // text, or an object in old packages
	Dev       bool
	Link      bool
}

// checkLock says what is wrong with a package-lock.json: a package without a checksum, from elsewhere than the registry, or under a
// licence that Morket can't ship.
func checkLock(text []byte) ([]string, error) {
	var lock struct {
		LockfileVersion int
		Packages        map[string]lockedPackage
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		return nil, fmt.Errorf("read the lock file: %w", err)
	}
	if lock.LockfileVersion < 3 || len(lock.Packages) < 2 {
		return []string{"the lock file is not of version 3 or is empty: run npm install with npm 10 or newer"}, nil
	}
	var problems []string
	for path, p := range lock.Packages {
		if path == "" {
			continue
		}
		name := strings.TrimPrefix(path, "node_modules/") + " " + p.Version
		if p.Integrity == "" || !strings.HasPrefix(p.Integrity, "sha512-") {
			problems = append(problems, name+" has no sha512 checksum")
		}
		if p.Link || p.Resolved != "" {
			problems = append(problems, name+" is not simply from the registry: "+p.Resolved)
		}
		allowed := shipped()
		if p.Dev {
			allowed = tooling()
		}
		licence, _ := p.License.(string)
		if !permitted(licence, allowed) {
			problems = append(problems, fmt.Sprintf("%s has the licence %q, which is not among %s", name, licence, strings.Join(allowed, ", ")))
		}
	}
	slices.Sort(problems)
	return problems, nil
}

// permitted reads an SPDX expression without nesting: of alternatives one must be allowed, of a conjunction each.
func permitted(expression string, allowed []string) bool {
	expression = strings.Trim(strings.TrimSpace(expression), "()")
	if expression == "" {
		return false
	}
	ok := func(id string) bool { return slices.Contains(allowed, strings.Trim(strings.TrimSpace(id), "()")) }
	return slices.ContainsFunc(strings.Split(expression, " OR "), func(alternative string) bool {
		return !slices.ContainsFunc(strings.Split(alternative, " AND "), func(id string) bool { return !ok(id) })
	})
}
