package memstore_test

import (
	"testing"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/eventstoretest"
	"github.com/morket/morket/eventstore/memstore"
)

func TestStore(t *testing.T) {
	t.Parallel()
	eventstoretest.Run(t, func(*testing.T) eventstore.Store { return memstore.New(kernel.SystemClock{}) })
}
