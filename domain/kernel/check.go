package kernel

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/invopop/validation"
)

// Checked is a field of a command's input with what is wrong with it.
type Checked struct {
	name string
	err  error
}

// Field checks a field by rules of invopop/validation, of which the first that is broken counts. Where a rule has parameters (Length,
// Min), the library takes its message for a template: nothing that a caller sent may be part of it.
func Field(name string, value any, rules ...validation.Rule) Checked {
	return Checked{name, validation.Validate(value, rules...)}
}

// Check returns one error, VALIDATION_FAILED, for all fields that are wrong, or nil. Its message is about the first; the details name each.
func Check(fields ...Checked) error {
	var details []Detail
	for _, f := range fields {
		if f.err == nil {
			continue
		}
		var own *Error
		var each validation.Errors
		switch {
		case errors.As(f.err, &own) && len(own.Details) > 0: // of a value that checks itself
			details = append(details, own.Details...)
		case errors.As(f.err, &each):
			for _, key := range slices.Sorted(maps.Keys(each)) {
				details = append(details, Detail{fmt.Sprintf("%s[%s]", f.name, key), each[key].Error()})
			}
		default:
			details = append(details, Detail{f.name, f.err.Error()})
		}
	}
	return Faults(details)
}

// Faults makes the one error of all fields that are wrong; nil without any.
func Faults(details []Detail) error {
	if len(details) == 0 {
		return nil
	}
	d := details[0]
	return E(KindInvalid, "VALIDATION_FAILED", "%s: %s", d.Field, d.Message).With(details...)
}

// Sized is a rule of how many bytes a text, or how many entries a list or map has; unlike the library's Length it counts an empty one too.
func Sized(least, most int, format string, args ...any) validation.Rule {
	return validation.By(func(value any) error {
		if n, err := validation.LengthOfValue(value); err != nil || n < least || n > most {
			return fmt.Errorf(format, args...)
		}
		return nil
	})
}

// Holds is a rule about more than the field alone, such as what another field allows.
func Holds(ok bool, format string, args ...any) validation.Rule {
	return validation.By(func(any) error {
		if ok {
			return nil
		}
		return fmt.Errorf(format, args...)
	})
}

// OneOf is a rule of the values that are allowed.
func OneOf[T comparable](allowed []T, format string, args ...any) validation.Rule {
	return validation.By(func(value any) error {
		if v, ok := value.(T); ok && slices.Contains(allowed, v) {
			return nil
		}
		return fmt.Errorf(format, args...)
	})
}

// AllIDs is a rule that every entry of a list is an id with the prefix.
func AllIDs[T ~string](prefix string) validation.Rule {
	return validation.By(func(value any) error {
		list, _ := value.([]T)
		for _, id := range list {
			if err := ParseID(prefix, string(id)); err != nil {
				return err
			}
		}
		return nil
	})
}
