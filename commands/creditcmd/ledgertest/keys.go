package ledgertest

import (
	"bytes"

	"github.com/morket/morket/domain/credit"
)

// Keys are keys for the ledger of a test.
func Keys() credit.Keys {
	k, err := credit.NewKeys(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		panic(err)
	}
	return k
}
