package imprint

import "strings"

// digits are a text's digits.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// weighed sums the first digits, each times its weight.
func weighed(s string, weights ...int) (sum int) {
	for i, w := range weights {
		sum += int(s[i]-'0') * w
	}
	return sum
}

// last is the digit so many places from the end, the last being 1.
func last(s string, n int) int { return int(s[len(s)-n] - '0') }

// number is the value of digits, few enough for an int.
func number(s string) (n int) {
	for _, r := range s {
		n = n*10 + int(r-'0')
	}
	return n
}

// luhn checks the last digit by Luhn's sum (ISO/IEC 7812-1).
func luhn(s string) bool {
	sum := 0
	for i := range s {
		d := last(s, i+1)
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return len(s) > 0 && sum%10 == 0
}

// mod1110 checks the last digit by ISO 7064, MOD 11,10.
func mod1110(s string) bool {
	p := 10
	for _, r := range s[:len(s)-1] {
		sum := (int(r-'0') + p) % 10
		if sum == 0 {
			sum = 10
		}
		p = sum * 2 % 11
	}
	return (11-p)%10 == last(s, 1)
}

// mod11 reports whether the last digit is eleven less the weighed sum of those before it; what eleven and ten become is the register's to
// say, -1 for a number that is never given.
func mod11(s string, eleven, ten int, weights ...int) bool {
	want := 11 - weighed(s, weights...)%11
	switch want {
	case 11:
		want = eleven
	case 10:
		want = ten
	}
	return want == last(s, 1)
}
