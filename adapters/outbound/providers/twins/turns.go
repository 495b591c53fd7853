package twins

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// turnForm reads the fields of the answer out of the schema of turns with tools; false for another schema.
func turnForm(schema json.RawMessage) (fields map[string]string, ok bool) {
	var shape struct {
		Properties struct {
			Action json.RawMessage `json:"action"`
			Answer struct {
				Properties map[string]struct {
					Type any `json:"type"`
				} `json:"properties"`
			} `json:"answer"`
		} `json:"properties"`
	}
	if json.Unmarshal(schema, &shape) != nil || len(shape.Properties.Action) == 0 {
		return nil, false
	}
	fields = map[string]string{}
	for name, p := range shape.Properties.Answer.Properties {
		list, _ := p.Type.([]any)
		if name != "confidence" && name != "sources" && len(list) > 0 {
			fields[name], _ = list[0].(string)
		}
	}
	return fields, true
}

// seen is what the model was told by its tools.
type seen struct {
	results []string // addresses that searches found
	read    []string // addresses that were read, or tried
	url     string   // of the last page
	text    string
}

// takeTurn searches for the question's values, reads the pages that were found in their order until one says something of a field, and
// answers from it. It follows no instruction of any page.
func takeTurn(told []string, fields map[string]string) string {
	var s seen
	for _, m := range told[1:] {
		var got struct {
			Results []struct{ URL string }
			URL     string
			Text    string
		}
		readBlock(m, &got)
		for _, r := range got.Results {
			s.results = append(s.results, r.URL)
		}
		if got.URL != "" {
			s.url, s.text = got.URL, got.Text
			s.read = append(s.read, got.URL)
		}
	}
	values, sources := fromPage(s, fields)
	last := strings.Contains(told[len(told)-1], "This is your last turn")
	tried := 0 // turns that were not searches: each took the next result
	if len(told) > 1 {
		tried = len(told) - 2
	}
	switch {
	case len(told) == 1 && !last:
		return turnOf(object{"why": "find pages about it", "action": "search", "query": queryFor(told[0])})
	case len(sources) == 0 && !last && tried < len(s.results):
		return turnOf(object{"why": "see what the page says", "action": "read", "url": s.results[tried]})
	}
	confidence := 90
	if len(sources) == 0 {
		confidence = 0
	}
	values["confidence"], values["sources"] = confidence, sources
	return turnOf(object{"why": "that is what was found", "action": "answer", "answer": values})
}

func turnOf(given object) string {
	out := object{"why": nil, "action": nil, "query": nil, "url": nil, "part": nil, "column": nil, "answer": nil}
	for name, v := range given {
		out[name] = v
	}
	text, err := json.Marshal(out)
	if err != nil {
		return "{}"
	}
	return string(text)
}

// queryFor are the values that the question names, with its longer words.
func queryFor(message string) string {
	data := map[string]string{}
	readBlock(message, &data)
	var out []string
	for _, v := range data {
		out = append(out, v)
	}
	slices.Sort(out)
	question, _, _ := strings.Cut(strings.TrimPrefix(message, "Question:\n"), "\n\nBEGIN DATA")
	for word := range strings.FieldsSeq(regexp.MustCompile(`the value of "[^"]*"`).ReplaceAllString(question, "")) {
		if word = strings.Trim(word, `.,;:!?"'`); len(word) > 4 {
			out = append(out, word)
		}
	}
	text := []rune(strings.Join(out, " "))
	return string(text[:min(len(text), 300)])
}

var (
	digits  = regexp.MustCompile(`\d[\d,.]*\d|\d`)
	address = regexp.MustCompile(`[a-z0-9.]+@[a-z0-9-]+\.[a-z.]+[a-z]`)
)

// fromPage takes fields from lines such as "Employees: 120"; a text field without one is the first sentence.
func fromPage(s seen, fields map[string]string) (values object, sources []object) {
	values, sources = object{}, []object{}
	lines := strings.Split(s.text, "\n")
	for _, name := range sortedNames(fields) {
		values[name] = nil
		label := strings.ReplaceAll(strings.ToLower(name), "_", " ")
		for _, line := range lines {
			before, after, ok := strings.Cut(line, ":")
			if ok && strings.ToLower(strings.TrimSpace(before)) == label {
				if v := typed(fields[name], strings.TrimSpace(after)); v != nil {
					values[name] = v
					sources = append(sources, object{"field": name, "url": s.url, "quote": line})
				}
				break
			}
		}
		if values[name] == nil && label == "email" {
			if at := address.FindString(s.text); at != "" {
				values[name] = at
				sources = append(sources, object{"field": name, "url": s.url, "quote": at})
			}
		}
		if sentence := strings.TrimSpace(lines[0]); values[name] == nil && sentence != "" && fields[name] == "string" &&
			(label == "answer" || label == "summary") {
			sentence = sentence[:min(len(sentence), 200)]
			values[name] = sentence
			sources = append(sources, object{"field": name, "url": s.url, "quote": sentence})
		}
	}
	return values, sources
}

func typed(kind, text string) any {
	switch kind {
	case "number":
		n := strings.NewReplacer(",", "", " ", "").Replace(digits.FindString(text))
		if n == "" || strings.Count(n, ".") > 1 {
			return nil
		}
		return json.Number(n)
	case "boolean":
		return strings.EqualFold(text, "yes")
	case "array":
		return strings.Split(text, ", ")
	default:
		return text
	}
}

func sortedNames(fields map[string]string) []string {
	out := make([]string, 0, len(fields))
	for name := range fields {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
