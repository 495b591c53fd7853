package expression

import "time"

// edge is the first or last element, nil of a list without one.
func edge(i int) function {
	return func(r *run, args []any) any {
		r.work(1)
		switch v := args[0].(type) {
		case []any, string:
			out, _ := fetch(r, v, i)
			return out
		default:
			return nil
		}
	}
}

func get(r *run, args []any) any {
	if len(args) != 2 {
		panic("get needs a value and what to take of it")
	}
	r.work(1)
	switch args[0].(type) {
	case []any, string, map[string]any, map[any]any:
		out, _ := fetch(r, args[0], args[1])
		return out
	default:
		return nil
	}
}

func take(r *run, args []any) any {
	r.work(1)
	l := list(args, 0)
	n, ok := args[1].(int)
	if !ok || n < 0 {
		panic("take needs a whole number that is not negative")
	}
	n = min(n, len(l))
	return l[:n:n]
}

// pairs returns a map's keys, in order, and the values to them.
func pairs(r *run, v any) (keys, values []any) {
	switch m := v.(type) {
	case map[string]any:
		r.list(len(m))
		for k := range m {
			keys = append(keys, k)
		}
		for _, k := range sortKeys(r, keys) {
			name, _ := k.(string) // each key was put there as one
			values = append(values, m[name])
		}
	case map[any]any:
		r.list(len(m))
		for k := range m {
			keys = append(keys, k)
		}
		for _, k := range sortKeys(r, keys) {
			values = append(values, m[k])
		}
	default:
		panic(typeName(v) + " is not a map")
	}
	r.list(len(keys))
	return keys, values
}

func keys(r *run, args []any) any {
	k, _ := pairs(r, args[0])
	return append([]any{}, k...)
}

func mapValues(r *run, args []any) any {
	_, v := pairs(r, args[0])
	return append([]any{}, v...)
}

func toPairs(r *run, args []any) any {
	k, v := pairs(r, args[0])
	r.charge(len(k) * (headerSize + 2*scalarSize + elementSize))
	out := make([]any, len(k))
	for i := range k {
		out[i] = []any{k[i], v[i]}
	}
	return out
}

func fromPairs(r *run, args []any) any {
	l := list(args, 0)
	r.charge(len(l) * pairSize)
	out := make(map[any]any, len(l))
	for _, p := range l {
		r.work(1)
		pair, ok := p.([]any)
		if !ok || len(pair) != 2 {
			panic("a pair is a list of two")
		}
		out[key(r, pair[0])] = pair[1]
	}
	return out
}

func reverse(r *run, args []any) any {
	l := list(args, 0)
	r.list(len(l))
	out := make([]any, len(l))
	for i, v := range l {
		out[len(l)-1-i] = v
	}
	return out
}

func uniq(r *run, args []any) any {
	l := list(args, 0)
	r.list(len(l))
	out := make([]any, 0, len(l))
next:
	for _, v := range l {
		for _, seen := range out {
			if equal(r, v, seen) {
				continue next
			}
		}
		out = append(out, v)
	}
	return out
}

func concat(r *run, args []any) any {
	n := 0
	for i := range args {
		n += len(list(args, i))
	}
	r.list(n)
	out := make([]any, 0, n)
	for i := range args {
		out = append(out, list(args, i)...)
	}
	return out
}

func flatten(r *run, args []any) any {
	var leaves func(l []any, each func(any))
	leaves = func(l []any, each func(any)) {
		r.work(3*len(l) + 3)
		for _, v := range l {
			if inner, ok := v.([]any); ok {
				leaves(inner, each)
			} else {
				each(v)
			}
		}
	}
	n := 0
	leaves(list(args, 0), func(any) { n++ })
	r.list(n)
	out := make([]any, 0, n)
	leaves(list(args, 0), func(v any) { out = append(out, v) })
	return out
}

func sortList(r *run, args []any) any {
	l, order := list(args, 0), "asc"
	if len(args) > 1 {
		order = text(args, 1)
	}
	return sorted(r, l, l, order)
}

const maxDateText = 200 // bytes of a time, a layout or a zone's name

func timeTexts(r *run, args []any) {
	r.charge(1 << 10)
	r.work(200)
	for _, a := range args {
		if s, ok := a.(string); ok && len(s) > maxDateText {
			panic("a date, duration, layout or zone has at most 200 bytes")
		}
	}
}

func date(r *run, args []any) any {
	timeTexts(r, args)
	if len(args) == 3 {
		r.charge(zoneSize)
		r.work(zoneWork)
	}
	return library("date", args)
}

func duration(r *run, args []any) any {
	timeTexts(r, args)
	return library("duration", args)
}

// A zone's rules are read from the system's table each time.
const (
	zoneSize = 32 << 10
	zoneWork = 10_000
)

func timezone(r *run, args []any) any {
	timeTexts(r, args)
	r.charge(zoneSize)
	r.work(zoneWork)
	return library("timezone", args)
}

// method calls one of the few methods that values have.
func method(r *run, v any, name string, args []any) any {
	r.charge(scalarSize)
	r.work(20)
	switch v := v.(type) {
	case time.Time:
		if out, ok := timeMethod(r, v, name, args); ok {
			return out
		}
	case time.Duration:
		if out, ok := durationMethod(v, name); ok {
			return out
		}
	}
	panic(typeName(v) + " has no method " + name)
}

func timeMethod(r *run, t time.Time, name string, args []any) (any, bool) {
	if part, ok := partOfTime(r, t, name); ok {
		return part, true
	}
	if len(args) != 1 {
		if name == "AddDate" && len(args) == 3 {
			return t.AddDate(whole(args[0]), whole(args[1]), whole(args[2])), true
		}
		return nil, false
	}
	switch a := args[0].(type) {
	case string:
		if name == "Format" {
			timeTexts(r, args)
			r.charge(8 * maxDateText)
			return t.Format(a), true
		}
	case time.Time:
		switch name {
		case "Sub":
			return t.Sub(a), true
		case "Before":
			return t.Before(a), true
		case "After":
			return t.After(a), true
		case "Equal":
			return t.Equal(a), true
		}
	case time.Duration:
		switch name {
		case "Add":
			return t.Add(a), true
		case "Truncate":
			return t.Truncate(a), true
		case "Round":
			return t.Round(a), true
		}
	case *time.Location:
		if name == "In" {
			return t.In(a), true
		}
	}
	return nil, false
}

// partOfTime are the methods that take nothing.
func partOfTime(r *run, t time.Time, name string) (any, bool) { //nolint:gocyclo,cyclop // one line per method
	switch name {
	case "Year":
		return t.Year(), true
	case "Month":
		return int(t.Month()), true
	case "Day":
		return t.Day(), true
	case "Hour":
		return t.Hour(), true
	case "Minute":
		return t.Minute(), true
	case "Second":
		return t.Second(), true
	case "Weekday":
		return int(t.Weekday()), true
	case "YearDay":
		return t.YearDay(), true
	case "Unix":
		return int(t.Unix()), true
	case "UnixMilli":
		return int(t.UnixMilli()), true
	case "UTC":
		return t.UTC(), true
	case "IsZero":
		return t.IsZero(), true
	case "String":
		r.charge(128)
		return t.String(), true
	}
	return nil, false
}

func durationMethod(d time.Duration, name string) (any, bool) {
	switch name {
	case "Hours":
		return d.Hours(), true
	case "Minutes":
		return d.Minutes(), true
	case "Seconds":
		return d.Seconds(), true
	case "Milliseconds":
		return int(d.Milliseconds()), true
	case "String":
		return d.String(), true
	default:
		return nil, false
	}
}
