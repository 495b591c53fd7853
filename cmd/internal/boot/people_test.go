package boot

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/require"
)

// standing is a clock that a test moves.
type standing struct{ now time.Time }

func (s *standing) Now() time.Time { return s.now }

func TestPeopleAreAtWorkForAMomentAfterARequest(t *testing.T) {
	t.Parallel()
	clock := &standing{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	p := &people{clock: clock}
	require.False(t, p.busy(), "nobody came yet")
	c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, "/", nil), httptest.NewRecorder())
	require.NoError(t, p.note(func(echo.Context) error { return nil })(c))
	clock.now = clock.now.Add(peopleAway - 1)
	require.True(t, p.busy())
	clock.now = clock.now.Add(1)
	require.False(t, p.busy())
}
