package auditapi

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
)

func TestNamesOfKeysAndCredentialsAreForThoseWhoManageThem(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"api_key.created", "api_key.revoked", "credential.stored", "credential.rotated", "credential.deleted", "table.created"} {
		thing := action[:strings.LastIndexByte(action, '.')]
		a := Activity{Actor: Person{Name: "Ann"}, Action: action, Thing: Thing{Kind: thing, ID: "ID", Name: "CANARY"}, Says: "did CANARY", Text: "Ann did CANARY"}
		for role, told := range map[kernel.Role]bool{
			kernel.RoleOwner: true, kernel.RoleAdmin: true, kernel.RoleMember: thing == "table", kernel.RoleViewer: thing == "table",
		} {
			got := discreet(role, a)
			text, err := json.Marshal(got)
			require.NoError(t, err)
			if told {
				require.Equal(t, a, got)
				continue
			}
			require.NotContains(t, string(text), "CANARY", "%s to %s", action, role)
			require.Contains(t, got.Text, "Ann ")
			require.Equal(t, action, got.Action)
		}
	}
}
