package kernel

import (
	"fmt"
	"strconv"
	"strings"
)

// Credits is an amount in milli-credits: 1000 is one credit. Amounts are whole numbers everywhere.
type Credits int64

// Credit is one credit.
const Credit Credits = 1000

// String writes the amount in credits with the decimals that it needs, for example "12.5".
func (c Credits) String() string {
	sign, v := "", uint64(c)
	if c < 0 {
		sign, v = "-", uint64(-c)
	}
	s := sign + strconv.FormatUint(v/1000, 10)
	if f := v % 1000; f != 0 {
		s += "." + strings.TrimRight(fmt.Sprintf("%03d", f), "0")
	}
	return s
}
