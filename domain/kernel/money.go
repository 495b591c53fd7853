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

// maxCredits keeps sums of amounts that people write far inside 64 bits.
const maxCredits = 1_000_000_000

// ParseCredits reads an amount in credits as people write it: not negative, with at most three decimals, for example "0.5".
func ParseCredits(s string) (Credits, error) {
	whole, fraction, dot := strings.Cut(s, ".")
	if dot && (fraction == "" || len(fraction) > 3) {
		return 0, fmt.Errorf("%q has to have one to three decimals after the point", s)
	}
	n, err := strconv.ParseUint(whole, 10, 64)
	if err != nil || n > maxCredits {
		return 0, fmt.Errorf("%q is not an amount of credits such as 2 or 0.5, at most %d", s, maxCredits)
	}
	f, err := strconv.ParseUint(fraction+"000"[len(fraction):], 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not an amount of credits such as 2 or 0.5", s)
	}
	return Credits(n)*Credit + Credits(f), nil
}

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
