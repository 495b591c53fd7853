package domainfrom

import "hash/fnv"

// HeldOut reports whether a company is of the half on which the rules are judged; they are learnt on the other half only.
func HeldOut(company string) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(company))
	return h.Sum32()%2 == 1
}
