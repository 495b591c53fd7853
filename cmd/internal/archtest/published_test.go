package archtest_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore/cloudevent"
)

// A type that nobody has thought about must not be found in an integrator's queue, nor be missed there without anybody having said so.
func TestEveryEventTypeIsClassified(t *testing.T) {
	t.Parallel()
	codec, err := boot.Codec()
	require.NoError(t, err)
	policy := boot.Published()
	known := map[string]bool{}
	for _, info := range codec.Types() {
		known[info.Type] = true
		require.Contains(t, policy, info.Type, "say in cmd/internal/boot/published.go who may see %s outside, or that it stays inside", info.Type)
	}
	actions := map[string]bool{}
	for _, rule := range workspace.Permissions() {
		actions[string(rule.Action)] = true
	}
	for typ, rule := range policy {
		require.True(t, known[typ], "%s is no event type any more", typ)
		require.True(t, rule.Action == "" || actions[rule.Action], "%s: %s is no action", typ, rule.Action)
		require.True(t, rule.Action == "" || workspace.Allowed(kernel.RoleAdmin, workspace.Action(rule.Action)), "%s: who may make webhooks must be allowed to see it", typ)
	}
}

// To which table an event belongs is said of each type, and the data of those of a table names it: a key that is limited to tables sees
// these only.
func TestWhatLeavesSaysItsTable(t *testing.T) {
	t.Parallel()
	codec, err := boot.Codec()
	require.NoError(t, err)
	policy := boot.Published()
	for _, info := range codec.Types() {
		rule := policy[info.Type]
		members := map[string]bool{}
		names(info.Go, members)
		module, _, _ := strings.Cut(info.Type, ".")
		switch rule.Scope {
		case cloudevent.OfTable:
			require.True(t, members["table_id"], "%s: say of which table by a member table_id", info.Type)
		case cloudevent.OfJob:
			require.Contains(t, []string{"import", "run"}, module, "%s is in the stream of no job", info.Type)
		case cloudevent.OfWorkspace:
			require.True(t, policy.Published(info.Type), info.Type)
		default:
			require.False(t, policy.Published(info.Type), "%s leaves: say in cmd/internal/boot/published.go to which table it belongs", info.Type)
		}
	}
}

// Members with these names hold what must not leave.
func TestSecretMembersDoNotLeave(t *testing.T) {
	t.Parallel()
	codec, err := boot.Codec()
	require.NoError(t, err)
	policy := boot.Published()
	for _, info := range codec.Types() {
		if !policy.Published(info.Type) {
			continue
		}
		for i := range info.Go.NumField() {
			name, _, _ := strings.Cut(info.Go.Field(i).Tag.Get("json"), ",")
			for _, secret := range []string{"sealed", "password", "token", "ciphertext", "secret"} {
				if strings.Contains(name, secret) && info.Go.Field(i).Type.Kind() != reflect.Int {
					require.Contains(t, policy[info.Type].Redact, name, info.Type)
				}
			}
		}
	}
}
