package dedup

import (
	"hash/maphash"
	"slices"
	"strings"
)

// Bounds of blocks: rows are compared with those that share something with them.
const (
	// MaxBlock is how many rows a block has that are all compared with each other. Those of a larger one are compared with their
	// neighbours in the order of their keys.
	MaxBlock   = 60
	neighbours = 10
)

// entry says that a row is in a block.
type entry struct {
	block uint64
	row   int32
}

// blocker tells the blocks of rows.
type blocker struct {
	seed maphash.Seed
	keys []Key
}

// blocksOf are the blocks of a row, ascending, each once.
func (b *blocker) blocksOf(forms []form, into []uint64) []uint64 {
	into = into[:0]
	for i, k := range b.keys {
		for kind, text := range blockTexts(k.Match, forms[i]) {
			if text != "" {
				into = append(into, maphash.String(b.seed, string([]byte{byte(i), byte(kind)})+text))
			}
		}
	}
	slices.Sort(into)
	return slices.Compact(into)
}

// blockTexts are the texts of which duplicates share at least one, mostly.
func blockTexts(m Match, f form) []string {
	if f.written == "" {
		return nil
	}
	if f.normal == "" || m == Exact {
		return []string{f.written}
	}
	switch m {
	case Email:
		local, domain, _ := strings.Cut(f.normal, sep)
		if roles[local] {
			return []string{f.normal}
		}
		box := mailbox(local)
		return []string{f.normal, box, head(box, shortWord-2) + sep + domain}
	case Domain:
		return []string{f.normal, head(f.normal, shortWord)}
	case Phone:
		return []string{f.normal[max(0, len(f.normal)-tailOfPhone):], f.normal[max(0, len(f.normal)-leastDigits-1):]}
	case Name:
		return nameBlocks(f.normal)
	case Company:
		joined := strings.ReplaceAll(f.normal, " ", "")
		first, rest, _ := strings.Cut(f.normal, " ")
		second, _, _ := strings.Cut(rest, " ")
		return []string{joined, head(joined, shortWord), soundCode(first) + soundCode(second)}
	default:
		return textBlocks(f.normal)
	}
}

// nameBlocks are by sound in both orders, by last name and initial, and by first name and the begin of the last one.
func nameBlocks(normal string) []string {
	first, last, _ := nameParts(normal)
	if first == "" {
		return []string{last}
	}
	long := longForm(first)
	sounds := []string{soundCode(long), soundCode(last)}
	slices.Sort(sounds)
	return []string{strings.Join(sounds, " "), last + " " + head(long, 1), long + " " + head(last, 2)}
}

// textBlocks are by how a text begins and by its longest words.
func textBlocks(normal string) []string {
	longest := strings.Fields(normal)
	slices.SortStableFunc(longest, func(a, b string) int { return len(b) - len(a) })
	return []string{head(normal, shortWord), normal, strings.Join(longest[:min(2, len(longest))], " ")}
}
