package companyname_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/adapters/outbound/providers/companyname"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
)

func TestCompanyName(t *testing.T) {
	t.Parallel()
	providertest.Conforms(t, companyname.New())
	for in, want := range map[string][2]string{
		"Apple Inc.":                  {"Apple", "Inc."},
		"SIEMENS GMBH & CO. KG":       {"Siemens", "GMBH & CO. KG"},
		"Berkshire Hathaway":          {"Berkshire Hathaway", ""},
		"JPMorgan Chase & Co.":        {"JPMorgan Chase", "& Co."},
		"IBM":                         {"IBM", ""},
		"3M Company":                  {"3M", "Company"},
		"Coca-Cola Company (The)":     {"The Coca-Cola", "Company"},
		"BANK OF AMERICA CORPORATION": {"Bank of America", "CORPORATION"},
		"Société Générale S.A.":       {"Société Générale", "S.A."},
		"Toyota Motor Co., Ltd.":      {"Toyota Motor", "Co., Ltd."},
		"Atlassian Pty Ltd":           {"Atlassian", "Pty Ltd"},
		"Limited":                     {"Limited", ""},
		"müller  maschinenbau   gmbh": {"Müller Maschinenbau", "gmbh"},
		"Grupo Bimbo, S.A.B. de C.V.": {"Grupo Bimbo", "S.A.B. de C.V."},
	} {
		name, form := companyname.Normalise(in)
		require.Equal(t, want, [2]string{name, form}, in)
	}
	require.Equal(t, companyname.Key("The Société Générale"), companyname.Key("societe generale"))
	require.Equal(t, companyname.Key("Procter & Gamble"), companyname.Key("Procter and Gamble"))
}

func TestNormalisingTwiceIsNormalisingOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.StringMatching(`[A-Za-z]{2,8}( [A-Za-z]{2,8}){0,3}( Inc\.| GmbH| Ltd)?`).Draw(rt, "name")
		once, _ := companyname.Normalise(s)
		if companyname.Key(once) == "" {
			rt.Fatalf("%q lost its name: %q", s, once)
		}
	})
}

func TestLegalFormsOfTheWorld(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{
		// Glued, abbreviated and split at punctuation.
		"Toyota Motor Co.,LTD": {"Toyota Motor", "Co., LTD"}, "Acme,Inc.": {"Acme", "Inc."}, "Foo(UK)Ltd": {"Foo(UK)", "Ltd"}, "AcmeGmbH": {"Acme", "GmbH"}, "BrightLLC": {"Bright", "LLC"},
		"Rolls-Royce P.L.C.": {"Rolls-Royce", "P.L.C."}, "Banco Santander S. A.": {"Banco Santander", "S. A."}, "Eni S. p. A.": {"Eni", "S. p. A."}, "Acme L.L.C.": {"Acme", "L.L.C."}, "Acme (Pty) Ltd": {"Acme", "(Pty) Ltd"},
		"Orlen Sp. z o.o.": {"Orlen", "Sp. z o.o."}, "Škoda Auto a.s.": {"Škoda Auto", "a.s."}, "ACME spol. s r.o.": {"ACME", "spol. s r.o."}, "Novo Nordisk A/S": {"Novo Nordisk", "A/S"}, "Nokia Oyj": {"Nokia", "Oyj"},
		"Bank Central Asia Tbk": {"Bank Central Asia", "Tbk"}, "PT Bank Central Asia Tbk": {"Bank Central Asia", "PT Tbk"}, "Petronas Sdn. Bhd.": {"Petronas", "Sdn. Bhd."}, "Koç Holding A.Ş.": {"Koç Holding", "A.Ş."},
		"Arçelik Anonim Şirketi": {"Arçelik", "Anonim Şirketi"}, "Volvo AB (publ)": {"Volvo", "AB (publ)"}, "Meyer e.K.": {"Meyer", "e.K."}, "Infosys Pvt. Ltd.": {"Infosys", "Pvt. Ltd."},
		// Before the name.
		"SARL Dupont": {"Dupont", "SARL"}, "UAB Vinted": {"Vinted", "UAB"}, "S.C. Dacia S.R.L.": {"Dacia", "S.C. S.R.L."}, "ООО «Ромашка»": {"Ромашка", "ООО"}, "ПАО Газпром": {"Газпром", "ПАО"}, `ООО "Вектор"`: {"Вектор", "ООО"},
		// In other scripts.
		"トヨタ自動車株式会社": {"トヨタ自動車", "株式会社"}, "株式会社日立製作所": {"日立製作所", "株式会社"}, "㈱リコー": {"リコー", "(株)"}, "（株）リコー": {"リコー", "(株)"}, "华为技术有限公司": {"华为技术", "有限公司"}, "中国石油天然气股份有限公司": {"中国石油天然气", "股份有限公司"},
		"삼성전자 주식회사": {"삼성전자", "주식회사"}, "(주)카카오": {"카카오", "(주)"}, "บริษัท ปตท. จำกัด (มหาชน)": {"ปตท.", "บริษัท จำกัด (มหาชน)"}, "ΟΠΑΠ Α.Ε.": {"ΟΠΑΠ", "Α.Ε."},
		// A brand that is a form, or sounds like one.
		"The Company": {"The Company", ""}, "Hotel & Spa": {"Hotel & Spa", ""}, "Serenity Day Spa": {"Serenity Day Spa", ""}, "DAY SPA": {"Day Spa", ""}, "COOP": {"COOP", ""}, "AMBA": {"AMBA", ""}, "SE": {"SE", ""}, "Limited": {"Limited", ""}, "Co": {"Co", ""},
		"AG": {"AG", ""}, "The Co-op Ltd": {"The Co-op", "Ltd"}, "Incorporated Design Inc": {"Incorporated Design", "Inc"}, "IKS APS": {"IKS", "APS"}, "S.C.S & COMPANY": {"S.C.S", "& COMPANY"}, "AS Roma": {"AS Roma", ""}, "株式会社": {"株式会社", ""},
		"Food and Co": {"Food", "and Co"}, "Bed & Company": {"Bed", "& Company"}, "Procter & Gamble Co": {"Procter & Gamble", "Co"},
	} {
		name, form := companyname.Normalise(in)
		require.Equal(t, want, [2]string{name, form}, in)
	}
}

func TestReportedCompanies(t *testing.T) {
	t.Parallel()
	for _, r := range providertest.Reported(t, "b44-companies-that-are-forms.csv") {
		name, _ := companyname.Normalise(r[0])
		switch want := r[1]; want {
		case "not empty":
			require.NotEmpty(t, name, r[0])
		case "empty, costs nothing":
			require.Empty(t, name)
		default:
			require.Equal(t, want, name)
		}
	}
}

func TestFormsBeforeTheName(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][2]string{ // name, form
		"S.A. Louis Vuitton": {"Louis Vuitton", "S.A."}, "S.A.S. Dupont": {"Dupont", "S.A.S."}, "S.A.R.L. Dupont": {"Dupont", "S.A.R.L."}, "N.V. Philips": {"Philips", "N.V."}, "Aktiebolaget Volvo": {"Volvo", "Aktiebolaget"},
		"S.p.A. Rossi": {"Rossi", "S.p.A."}, "SIA Latvija": {"Latvija", "SIA"},
		// Without the dots these are beginnings of names.
		"SAS Institute": {"SAS Institute", ""}, "SA Recycling": {"SA Recycling", ""}, "AG Barr": {"AG Barr", ""}, "NV Energy": {"NV Energy", ""}, "S.T. Dupont": {"S.T. Dupont", ""}, "U.S. Steel": {"U.S. Steel", ""}, "S.A.": {"S.A.", ""},
	} {
		name, form := companyname.Normalise(in)
		require.Equal(t, want, [2]string{name, form}, in)
	}
}
