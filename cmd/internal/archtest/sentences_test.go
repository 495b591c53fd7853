package archtest_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/projections/auditview"
)

// What nobody has put into words would be missing in the audit log.
func TestEveryEventTypeHasASentence(t *testing.T) {
	t.Parallel()
	codec, err := boot.Codec()
	require.NoError(t, err)
	rules := auditview.Rules()
	members := map[string]map[string]bool{}
	for _, info := range codec.Types() {
		rule, ok := rules[info.Type]
		require.True(t, ok && rule.Says != "", "say in projections/auditview/rules.go how %s reads after the name of who did it, or that it is quiet", info.Type)
		require.True(t, rule.Quiet || rule.Thing != "", "%s: what kind of thing is it done to?", info.Type)
		members[info.Type] = map[string]bool{}
		names(info.Go, members[info.Type])
	}
	for typ, rule := range rules {
		known, ok := members[typ]
		require.True(t, ok, "%s is no event type any more", typ)
		wanted := append(append([]string{}, rule.After...), rule.Before...)
		for _, p := range regexp.MustCompile(`\{[a-z0-9_.]+\}`).FindAllString(rule.Says, -1) {
			wanted = append(wanted, strings.Trim(p, "{}"))
		}
		require.False(t, strings.Contains(rule.Says, "{part}") && rule.Part.Kind == "", "%s: say where it has the part that it names", typ)
		if rule.Parts == "" { // else the part's members are those of each in the list
			wanted = append(wanted, rule.Part.ID, rule.Part.Name)
		}
		for _, name := range append(wanted, rule.ID, rule.Name, rule.Person, rule.Parts, rule.Public) {
			first, _, _ := strings.Cut(name, ".")
			if first != "" && first != "it" && first != "person" && first != "n" && first != "part" {
				require.True(t, known[first], "%s has no member %s", typ, first)
			}
			if strings.HasPrefix(typ, "ledger.") { // the ledger's hashes are witnesses, made to be shown
				continue
			}
			for _, secret := range []string{"password", "hash", "token", "sealed", "ciphertext", "secret"} {
				require.NotContains(t, name, secret, typ)
			}
		}
	}
}

// names collects the names of a struct's members in JSON.
func names(t reflect.Type, into map[string]bool) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
			names(f.Type, into)
			continue
		}
		into[name] = true
	}
}
