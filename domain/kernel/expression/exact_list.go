package expression

import (
	"encoding/json"
	"slices"

	"github.com/shopspring/decimal"
)

func exactMedian(r *run, args []any) any {
	list := numbersIn(r, args)
	if len(list) == 0 {
		return nil
	}
	r.work(len(list) * 64)
	slices.SortFunc(list, decimal.Decimal.Cmp)
	mid := len(list) / 2
	if len(list)%2 == 1 {
		return slim(list[mid])
	}
	return slim(list[mid-1].Add(list[mid]).DivRound(decimal.NewFromInt(2), quotientPlaces))
}

// plainly replaces exact numbers by what encoding/json writes as numbers.
func plainly(r *run, v any) any {
	r.work(1)
	switch v := v.(type) {
	case decimal.Decimal:
		return json.Number(v.String())
	case []any:
		r.charge(len(v)*elementSize + headerSize)
		out := make([]any, len(v))
		for i := range v {
			out[i] = plainly(r, v[i])
		}
		return out
	case map[string]any:
		r.charge(len(v)*pairSize + headerSize)
		out := make(map[string]any, len(v))
		for k := range v {
			out[k] = plainly(r, v[k])
		}
		return out
	case map[any]any:
		r.charge(len(v)*pairSize + headerSize)
		out := make(map[any]any, len(v))
		for k := range v {
			out[k] = plainly(r, v[k])
		}
		return out
	default:
		return v
	}
}

// decimals are two numbers of which at least one is an exact one that no int holds.
func decimals(r *run, a, b any) (x, y decimal.Decimal, ok bool) {
	_, first := a.(decimal.Decimal)
	_, second := b.(decimal.Decimal)
	if !first && !second {
		return x, y, false
	}
	x, first = number(a)
	y, second = number(b)
	if first && second {
		r.charge(decimalSize)
	}
	return x, y, first && second
}

// equalNumbers compares such numbers; ok is false for anything else.
func equalNumbers(r *run, a, b any) (same, ok bool) {
	x, y, ok := decimals(r, a, b)
	if ok {
		return x.Equal(y), true
	}
	_, first := a.(decimal.Decimal)
	_, second := b.(decimal.Decimal)
	return false, first || second
}
