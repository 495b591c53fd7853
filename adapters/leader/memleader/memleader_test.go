package memleader_test

import (
	"testing"

	"github.com/morket/morket/adapters/leader/leadertest"
	"github.com/morket/morket/adapters/leader/memleader"
	"github.com/morket/morket/eventstore/relay"
)

func TestInMemory(t *testing.T) {
	t.Parallel()
	leadertest.Run(t, func(*testing.T) leadertest.Seat {
		l := memleader.New()
		return leadertest.Seat{Join: func() relay.Leadership { return l }, Depose: func(*testing.T) { l.Depose() }}
	})
}
