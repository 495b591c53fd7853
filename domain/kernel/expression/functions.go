package expression

import "slices"

// Function documents a function that formulas have. The table renders the documentation and the editor's list; a test evaluates each
// example.
type Function struct {
	Name      string `json:"name"`
	Group     string `json:"group" enum:"text,number,date,list,logic"`
	Signature string `json:"signature"`
	Summary   string `json:"summary"`
	Example   string `json:"example"`
	Result    string `json:"result" doc:"Of the example, as JSON."`
}

// Functions returns the documented functions by group. What the language has besides, such as bitand, is possible too.
func Functions() []Function {
	return slices.Concat(textFunctions(), otherFunctions())
}

func textFunctions() []Function {
	return []Function{
		{"upper", "text", "upper(text)", "In upper case.", `upper("acme")`, `"ACME"`},
		{"lower", "text", "lower(text)", "In lower case.", `lower("ACME")`, `"acme"`},
		{"title", "text", "title(text)", "Each word begins with a capital letter.", `title("ada LOVELACE")`, `"Ada Lovelace"`},
		{"trim", "text", "trim(text)", "Without blanks at both ends.", `trim("  Acme ")`, `"Acme"`},
		{"len", "text", "len(text or list)", "How many characters or elements.", `len("Zoë")`, `3`},
		{"left", "text", "left(text, count)", "The first characters.", `left("Berlin", 3)`, `"Ber"`},
		{"right", "text", "right(text, count)", "The last characters.", `right("Berlin", 3)`, `"lin"`},
		{"replace", "text", "replace(text, old, new)", "With each old part replaced.", `replace("a-b-c", "-", "+")`, `"a+b+c"`},
		{"split", "text", "split(text, separator)", "The parts as a list.", `split("a,b", ",")`, `["a","b"]`},
		{"join", "text", "join(list, glue)", "A list of texts as one text.", `join(["a", "b"], ", ")`, `"a, b"`},
		{"indexOf", "text", "indexOf(text, part)", "Where a part begins, from 0; -1 if it is not there.", `indexOf("acme", "m")`, `2`},
		{"trimPrefix", "text", "trimPrefix(text, start)", "Without a start.", `trimPrefix("www.acme.com", "www.")`, `"acme.com"`},
		{"trimSuffix", "text", "trimSuffix(text, end)", "Without an end.", `trimSuffix("Acme GmbH", " GmbH")`, `"Acme"`},
		{"repeat", "text", "repeat(text, times)", "Several times.", `repeat("ab", 2)`, `"abab"`},
		{"string", "text", "string(value)", "Any value as a text.", `string(12) + "%"`, `"12%"`},
		{"slug", "text", "slug(text)", "Lower case, words joined by hyphens.", `slug("Acme & Sons, Ltd.")`, `"acme-sons-ltd"`},
		{"words", "text", "words(text)", "The words as a list.", `words("Ada  Lovelace")`, `["Ada","Lovelace"]`},
		{
			"extract", "text", "extract(text, pattern)", "What a regular expression finds, or its first group.",
			`extract("Order 4711", "([0-9]+)")`, `"4711"`,
		},
		{"domain", "text", "domain(address)", "The domain of a web or email address.", `domain("https://www.acme.com/about")`, `"acme.com"`},
		{"toJSON", "text", "toJSON(value)", "A value as JSON.", `len(toJSON([1]))`, `7`},
	}
}

func otherFunctions() []Function {
	return []Function{
		{"number", "number", "number(text)", "A text as a number.", `number("12.50")`, `12.5`},
		{"round", "number", "round(number)", "To the nearest whole number.", `round(2.5)`, `3`},
		{"roundTo", "number", "roundTo(number, places)", "To so many places.", `roundTo(2.345, 2)`, `2.35`},
		{"floor", "number", "floor(number)", "The whole number below.", `floor(2.9)`, `2`},
		{"ceil", "number", "ceil(number)", "The whole number above.", `ceil(2.1)`, `3`},
		{"abs", "number", "abs(number)", "Without its sign.", `abs(-3)`, `3`},
		{"int", "number", "int(number)", "Without its places.", `int(-2.9)`, `-2`},
		{"min", "number", "min(numbers …)", "The smallest.", `min(3, 1, 2)`, `1`},
		{"max", "number", "max(numbers …)", "The largest.", `max(3, 1, 2)`, `3`},
		{"sum", "number", "sum(list)", "All added up.", `sum([0.1, 0.2])`, `0.3`},
		{"mean", "number", "mean(list)", "The average.", `mean([1, 2])`, `1.5`},
		{"median", "number", "median(list)", "The one in the middle.", `median([1, 9, 2])`, `2`},
		{"percent", "number", "percent(part, whole)", "How many percent a part is.", `percent(1, 8)`, `12.5`},

		{"today", "date", "today()", "The day, as recorded each day in the workspace's zone.", `today()`, `"2026-03-31"`},
		{"now", "date", "now()", "The time, as recorded each hour.", `now()`, `"2026-03-31T14:00:00Z"`},
		{"year", "date", "year(date)", "The year.", `year("2026-03-31")`, `2026`},
		{"month", "date", "month(date)", "The month, 1 to 12.", `month("2026-03-31")`, `3`},
		{"day", "date", "day(date)", "The day of the month.", `day("2026-03-31")`, `31`},
		{"weekday", "date", "weekday(date)", "1 for Monday to 7 for Sunday.", `weekday("2026-03-31")`, `2`},
		{"addDays", "date", "addDays(date, days)", "So many days later.", `addDays("2026-03-31", 1)`, `"2026-04-01"`},
		{"addMonths", "date", "addMonths(date, months)", "So many months later, within the month.", `addMonths("2026-01-31", 1)`, `"2026-02-28"`},
		{
			"daysBetween", "date", "daysBetween(from, to)", "Calendar days from one date to another.",
			`daysBetween("2026-03-31", "2026-04-02")`, `2`,
		},
		{
			"hoursBetween", "date", "hoursBetween(from, to)", "Hours from one time to another.",
			`hoursBetween("2026-03-31T10:00:00Z", "2026-03-31T11:30:00Z")`, `1.5`,
		},
		{"before", "date", "before(a, b)", "Whether a date is before another.", `before("2026-03-31", "2026-04-01")`, `true`},
		{
			"formatDate", "date", "formatDate(date, form)", "As a text: YYYY MM DD HH mm ss MMM dddd.",
			`formatDate("2026-03-31", "DD.MM.YYYY")`, `"31.03.2026"`,
		},

		{"first", "list", "first(list)", "The first element.", `first(["a", "b"])`, `"a"`},
		{"last", "list", "last(list)", "The last element.", `last(["a", "b"])`, `"b"`},
		{"take", "list", "take(list, count)", "The first elements.", `take([1, 2, 3], 2)`, `[1,2]`},
		{"sort", "list", "sort(list)", "In order.", `sort([3, 1, 2])`, `[1,2,3]`},
		{"reverse", "list", "reverse(list)", "The other way round.", `reverse([1, 2])`, `[2,1]`},
		{"uniq", "list", "uniq(list)", "Each value once.", `uniq([1, 1, 2])`, `[1,2]`},
		{"concat", "list", "concat(list, list)", "Several lists as one.", `concat([1], [2])`, `[1,2]`},
		{"filter", "list", "filter(list, condition)", "The elements (#) for which a condition holds.", `filter([1, 2, 3], # > 1)`, `[2,3]`},
		{"map", "list", "map(list, expression)", "What an expression makes of each element (#).", `map([1, 2], # * 10)`, `[10,20]`},
		{"count", "list", "count(list, condition)", "For how many elements a condition holds.", `count([1, 2, 3], # > 1)`, `2`},
		{"any", "list", "any(list, condition)", "Whether it holds for one.", `any([1, 2], # == 2)`, `true`},
		{"all", "list", "all(list, condition)", "Whether it holds for all.", `all([1, 2], # > 1)`, `false`},

		{
			"if", "logic", "if(condition, then, else)", "One value or another; empty where there is no else.",
			`if(3 > 2, "more", "less")`, `"more"`,
		},
		{"empty", "logic", "empty(value)", "Whether there is nothing.", `empty("")`, `true`},
		{"ifEmpty", "logic", "ifEmpty(value, other)", "The value, or another one if it is empty.", `ifEmpty("", "none")`, `"none"`},
	}
}
