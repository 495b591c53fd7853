package boot

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/cmd/internal/config"
)

func TestTheDemoLoginIsOfferedOnOnesOwnMachineOnly(t *testing.T) {
	t.Parallel()
	own := config.Config{HTTPAddr: "127.0.0.1:8080", PublicURL: "http://127.0.0.1:8080"}
	served := own
	require.NoError(t, served.DatabaseURL.UnmarshalText([]byte("postgres://db")))
	offered := &authapi.DemoLogin{Email: DemoEmail, Password: DemoPassword}
	for name, c := range map[string]struct {
		cfg  config.Config
		want *authapi.DemoLogin
	}{
		"loopback":         {own, offered},
		"loopback by name": {config.Config{HTTPAddr: "localhost:8080", PublicURL: "http://localhost:8080"}, offered},
		"all addresses":    {config.Config{HTTPAddr: ":8080", PublicURL: "http://127.0.0.1:8080"}, nil},
		"behind a proxy":   {config.Config{HTTPAddr: "127.0.0.1:8080", PublicURL: "https://data.example.com"}, nil},
		"not embedded":     {served, nil},
	} {
		require.Equal(t, c.want, demoLogin(c.cfg), name)
	}
}
