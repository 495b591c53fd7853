package kernel_test

import (
	"testing"

	"github.com/invopop/validation"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
)

func TestCheckMakesOneErrorOfAllFields(t *testing.T) {
	t.Parallel()
	nested := kernel.Invalid("period", "must be day, week or month")
	for name, c := range map[string]struct {
		fields []kernel.Checked
		want   []kernel.Detail
	}{
		"nothing wrong": {[]kernel.Checked{
			kernel.Field("rows", []int{1}, kernel.Sized(1, 2, "name 1 to 2 rows")),
			kernel.Field("scope", "all", kernel.OneOf([]string{"all", "some"}, "must be all or some")),
			kernel.Field("limit", 0, validation.Min(0).Error("must not be negative")),
		}, nil},
		"an empty list counts": {
			[]kernel.Checked{kernel.Field("rows", []int{}, kernel.Sized(1, 2, "name 1 to %d rows", 2))},
			[]kernel.Detail{{Field: "rows", Message: "name 1 to 2 rows"}},
		},
		"each field, the first rule": {[]kernel.Checked{
			kernel.Field("rows", []int{1, 2, 3}, kernel.Sized(1, 2, "too many"), kernel.Holds(false, "never said")),
			kernel.Field("limit", -1, validation.Min(0).Error("must not be negative")),
		}, []kernel.Detail{{Field: "rows", Message: "too many"}, {Field: "limit", Message: "must not be negative"}}},
		"a caller's text is no template": {
			[]kernel.Checked{kernel.Field("mode", "{{.x", kernel.OneOf([]string{"append"}, "%q is not append", "{{.x"))},
			[]kernel.Detail{{Field: "mode", Message: `"{{.x" is not append`}},
		},
		"a value that checks itself names its own field": {
			[]kernel.Checked{kernel.Field("cap", 0, validation.By(func(any) error { return nested }))},
			[]kernel.Detail{{Field: "period", Message: "must be day, week or month"}},
		},
		"entries of a list": {
			[]kernel.Checked{kernel.Field("ids", []string{"a", ""}, validation.Each(validation.Required.Error("is missing")))},
			[]kernel.Detail{{Field: "ids[1]", Message: "is missing"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := kernel.Check(c.fields...)
			if c.want == nil {
				require.NoError(t, err)
				return
			}
			var e *kernel.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, "VALIDATION_FAILED", e.Code)
			require.Equal(t, kernel.KindInvalid, e.Kind)
			require.Equal(t, c.want, e.Details)
			require.Equal(t, c.want[0].Field+": "+c.want[0].Message, e.Message)
		})
	}
}
