package namesplit_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/adapters/outbound/providers/namesplit"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/domain/enrichment"
)

func TestNameSplit(t *testing.T) {
	t.Parallel()
	p := namesplit.New()
	providertest.Conforms(t, p)
	for in, want := range map[string][5]string{ // title, first, middle, last, suffix
		"ann smith":                  {"", "Ann", "", "Smith", ""},
		"SMITH, ANN MARIE":           {"", "Ann", "Marie", "Smith", ""},
		"Dr. Ludwig van Beethoven":   {"Dr.", "Ludwig", "", "van Beethoven", ""},
		"Prof. Dr. Eva Maria Müller": {"Prof. Dr.", "Eva", "Maria", "Müller", ""},
		"jean-luc o'neill":           {"", "Jean-Luc", "", "O'Neill", ""},
		"MARTIN LUTHER KING JR.":     {"", "Martin", "Luther", "King", "JR."},
		"Leonardo DiCaprio":          {"", "Leonardo", "", "DiCaprio", ""},
		"ronald mcdonald":            {"", "Ronald", "", "McDonald", ""},
		"Madonna":                    {"", "Madonna", "", "", ""},
		"  M   Curie ":               {"", "M", "", "Curie", ""},
		"Jane Doe, PhD, MBA":         {"", "Jane", "", "Doe", "PhD MBA"},
		"Ursula von der Leyen":       {"", "Ursula", "", "von der Leyen", ""},
	} {
		out := providertest.Ask(t, p, map[string]string{"name": in}).Outputs
		text := func(k string) string { s, _ := out[k].(string); return s }
		require.Equal(t, want, [5]string{text("title"), text("first_name"), text("middle_name"), text("last_name"), text("suffix")}, in)
	}
	out := providertest.Ask(t, p, map[string]string{"name": "Dr. Ada Lovelace"}).Outputs
	require.Equal(t, "Dear Dr. Lovelace", out["salutation"])
	require.Equal(t, "AL", out["initials"])
	for _, bad := range []string{"bob@example.com", "42", "http://x", "-"} {
		_, err := p.Call(t.Context(), enrichment.Request{Inputs: map[string]string{"name": bad}})
		require.Error(t, err, bad)
	}
}

func TestAnyTextIsSurvived(t *testing.T) {
	t.Parallel()
	p := namesplit.New()
	rapid.Check(t, func(rt *rapid.T) {
		reply, err := p.Call(t.Context(), enrichment.Request{Inputs: map[string]string{"name": rapid.String().Draw(rt, "name")}})
		if err == nil && enrichment.CheckReply(p.Describe().Outputs, reply.Outputs) != nil {
			rt.Fatalf("%v", reply)
		}
	})
}

func TestNamesAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	p := namesplit.New()
	for in, want := range map[string][5]string{ // title, first, middle, last, suffix
		// Particles, also after the comma.
		"Hoek, Femke van den": {"", "Femke", "", "van den Hoek", ""}, "Femke van den Hoek": {"", "Femke", "", "van den Hoek", ""}, "Beethoven, Ludwig van": {"", "Ludwig", "", "van Beethoven", ""},
		"van den Hoek, Femke": {"", "Femke", "", "van den Hoek", ""}, "LEYEN, URSULA VON DER": {"", "Ursula", "", "von der Leyen", ""}, "Van Maximilian Carlson": {"", "Van", "Maximilian", "Carlson", ""},
		"Anh Do": {"", "Anh", "", "Do", ""}, "Yumeng Du": {"", "Yumeng", "", "Du", ""}, "Do, Anh": {"", "Anh", "", "Do", ""}, "Dr. Bo Van Barker Jr.": {"Dr.", "Bo", "", "Van Barker", "Jr."},
		// Titles and degrees on both ends.
		"Dr. med. Anna Weber": {"Dr. med.", "Anna", "", "Weber", ""}, "Prof. Dr. rer. nat. Max Born": {"Prof. Dr. rer. nat.", "Max", "", "Born", ""}, "Dr. h. c. Max Born": {"Dr. h. c.", "Max", "", "Born", ""},
		"dr Max van Goor dr": {"dr", "Max", "", "van Goor", "dr"}, "Max van Goor dr": {"dr", "Max", "", "van Goor", ""}, "Max Muster, PhD": {"", "Max", "", "Muster", "PhD"}, "Max Muster Ph.D.": {"", "Max", "", "Muster", "Ph.D."}, "Jane Doe, M.D., Ph.D.": {"", "Jane", "", "Doe", "M.D. Ph.D."},
		"Weber, Dr. Anna": {"Dr.", "Anna", "", "Weber", ""}, "King, Jr., Martin Luther": {"", "Martin", "Luther", "King", "Jr."}, "Max Muster M.A.": {"", "Max", "", "Muster", "M.A."}, "John Smith III": {"", "John", "", "Smith", "III"},
		"John Smith 3rd": {"", "John", "", "Smith", "3rd"}, "Max Muster Dipl.-Ing.": {"", "Max", "", "Muster", "Dipl.-Ing."}, "DR. ANNA WEBER": {"Dr.", "Anna", "", "Weber", ""},
		// What looks like a degree and is a name.
		"Jack Ma": {"", "Jack", "", "Ma", ""}, "Yo-Yo Ma": {"", "Yo-Yo", "", "Ma", ""}, "JACK MA": {"", "Jack", "", "Ma", ""}, "Jack MA": {"", "Jack", "", "", "MA"}, "Prof": {"", "Prof", "", "", ""},
		// Initials.
		"JRR Tolkien": {"", "JRR", "", "Tolkien", ""}, "J.R.R. Tolkien": {"", "J.R.R.", "", "Tolkien", ""}, "j.r.r. tolkien": {"", "J.R.R.", "", "Tolkien", ""}, "JRR TOLKIEN": {"", "JRR", "", "Tolkien", ""}, "George R. R. Martin": {"", "George", "R. R.", "Martin", ""},
		"M. Curie": {"", "M.", "", "Curie", ""}, "ANN LEE": {"", "Ann", "", "Lee", ""},
		// Capitals by script and language.
		"İBRAHİM ÖZTÜRK": {"", "İbrahim", "", "Öztürk", ""}, "IŞIK YILMAZ": {"", "Işık", "", "Yılmaz", ""}, "ΓΙΏΡΓΟΣ ΠΑΠΑΔΌΠΟΥΛΟΣ": {"", "Γιώργος", "", "Παπαδόπουλος", ""}, "ИВАН ИВАНОВ": {"", "Иван", "", "Иванов", ""},
		"იოსებ გრიშაშვილი": {"", "იოსებ", "", "გრიშაშვილი", ""}, "ijsbrand de vries": {"", "IJsbrand", "", "de Vries", ""}, "o’brien, sean": {"", "Sean", "", "O’Brien", ""}, "d'angelo russo": {"", "D'Angelo", "", "Russo", ""},
		// One name, and none of these scripts.
		"Zendria": {"", "Zendria", "", "", ""}, "王小明": {"", "王小明", "", "", ""}, `William "Bill" Gates`: {"", "William", "", "Gates", ""}, "Robert (Bob) Smith": {"", "Robert", "", "Smith", ""}, "Max\u200b Muster": {"", "Max", "", "Muster", ""},
	} {
		out := providertest.Ask(t, p, map[string]string{"name": in}).Outputs
		text := func(k string) string { s, _ := out[k].(string); return s }
		require.Equal(t, want, [5]string{text("title"), text("first_name"), text("middle_name"), text("last_name"), text("suffix")}, in)
	}
	for _, bad := range []string{"", "  ", ",", "@", "Max 42"} {
		_, err := p.Call(t.Context(), enrichment.Request{Inputs: map[string]string{"name": bad}})
		require.Error(t, err, bad)
	}
}

func TestReportedNames(t *testing.T) {
	t.Parallel()
	for _, r := range providertest.Reported(t, "b42-names.csv") {
		if r[0] == "" {
			_, err := namesplit.New().Call(t.Context(), enrichment.Request{Inputs: map[string]string{"name": ""}})
			require.Equal(t, enrichment.CallBadInput, enrichment.AsCallError(err).Kind)
			continue
		}
		out := providertest.Ask(t, namesplit.New(), map[string]string{"name": r[0]}).Outputs
		text := func(k string) string { s, _ := out[k].(string); return s }
		family, _, _ := strings.Cut(r[3], ",")
		if strings.HasPrefix(family, "(") { // a note: there is none
			family = ""
		}
		given, _, _ := strings.Cut(r[2], ",")
		if strings.Contains(r[2], "or whole") {
			given, family = r[0], ""
		}
		require.Equal(t, [3]string{given, family, r[4]}, [3]string{text("first_name"), text("last_name"), text("suffix")}, r[0])
		require.Equal(t, strings.ToLower(r[1]), strings.ToLower(text("title")), r[0])
	}
}

func TestWhatSaysWhichNameIsTheFamilys(t *testing.T) {
	t.Parallel()
	p := namesplit.New()
	for in, want := range map[string][5]string{ // title, first, middle, last, suffix
		// A title that goes with a family name, and one that goes with a given name.
		"Dr. House": {"Dr.", "", "", "House", ""}, "Herr Müller": {"Herr", "", "", "Müller", ""}, "Frau Dr. med. dent. Müller-Lüdenscheidt": {"Frau Dr. med. dent.", "", "", "Müller-Lüdenscheidt", ""},
		"MRS. ROBINSON": {"Mrs.", "", "", "Robinson", ""}, "Mme de Staël": {"Mme", "", "", "de Staël", ""}, "Mr. van den Berg": {"Mr.", "", "", "van den Berg", ""}, "Prof. Moriarty, PhD": {"Prof.", "", "", "Moriarty", "PhD"},
		"Sir Ian": {"Sir", "Ian", "", "", ""}, "Don Quixote": {"Don", "Quixote", "", "", ""}, "Lady Gaga": {"Lady", "Gaga", "", "", ""}, "Mr. John Smith": {"Mr.", "John", "", "Smith", ""},
		// A particle in small letters begins a family name.
		"van Gogh": {"", "", "", "van Gogh", ""}, "von der Leyen": {"", "", "", "von der Leyen", ""}, "Van Morrison": {"", "Van", "", "Morrison", ""}, "van": {"", "Van", "", "", ""}, "de la cruz": {"", "De", "", "la Cruz", ""},
		// The family name in capitals, at either end.
		"MACRON Emmanuel": {"", "Emmanuel", "", "Macron", ""}, "Emmanuel MACRON": {"", "Emmanuel", "", "Macron", ""}, "DE GAULLE Charles André": {"", "Charles", "André", "de Gaulle", ""}, "GARCÍA MÁRQUEZ Gabriel": {"", "Gabriel", "", "García Márquez", ""},
		"Gabriel GARCÍA MÁRQUEZ": {"", "Gabriel", "", "García Márquez", ""}, "JRR Tolkien": {"", "JRR", "", "Tolkien", ""}, "JP Morgan": {"", "JP", "", "Morgan", ""}, "Dr. WEBER Anna": {"Dr.", "Anna", "", "Weber", ""}, "NGUYEN Van Anh": {"", "Van", "Anh", "Nguyen", ""},
		// What follows the comma is what somebody does.
		"Hans Müller, Geschäftsführer": {"", "Hans", "", "Müller", ""}, "Jane Doe, CEO": {"", "Jane", "", "Doe", ""}, "Jane Doe, PhD, Chief Executive Officer": {"", "Jane", "", "Doe", "PhD"}, "Jane Doe, Head of Sales": {"", "Jane", "", "Doe", ""},
		"Doe, Jane, Managing Director": {"", "Jane", "", "Doe", ""}, "Manager, Hans": {"", "Hans", "", "Manager", ""},
	} {
		out := providertest.Ask(t, p, map[string]string{"name": in}).Outputs
		text := func(k string) string { s, _ := out[k].(string); return s }
		require.Equal(t, want, [5]string{text("title"), text("first_name"), text("middle_name"), text("last_name"), text("suffix")}, in)
	}
	for in, want := range map[string]string{"Dr. House": "Dear Dr. House", "Herr Müller": "Dear Herr Müller", "van Gogh": "Dear van Gogh", "Madonna": "Dear Madonna"} {
		require.Equal(t, want, providertest.Ask(t, p, map[string]string{"name": in}).Outputs["salutation"])
	}
}
