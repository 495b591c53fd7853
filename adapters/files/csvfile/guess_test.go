package csvfile

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/dataops"
)

// Each text is a small list, as people upload it. What is unsure is asked; what is sure has to be right.
func TestGuess(t *testing.T) {
	t.Parallel()
	texts := map[string]struct {
		text      string
		encodings string
	}{
		"German":     {"Firma;Ort;Aktiv\nMüller & Söhne;Köln;ja\nStraßenbau Weiß;Düsseldorf;nein\nBäckerei Grün;Nürnberg;ja\n", "windows-1252 macintosh ibm850"},
		"one umlaut": {"Name,City\nAnna,Zürich\nBob,Bern\n", "windows-1252"},
		"price":      {"Artikel;Preis\nA;12,50 €\nB;8.000,01 €\n", "windows-1252"},
		"French":     {"Nom;Ville\nHélène Lefèvre;Orléans\nFrançois Dupré;Besançon\nZoé Noël;Nîmes\nJérôme Bœuf;Sète\n", "windows-1252 macintosh"},
		"Spanish":    {"Nombre;Ciudad\nJosé Núñez;Málaga\nMaría Peña;León\nÍñigo Ibáñez;Cádiz\n", "windows-1252"},
		"Danish":     {"Navn;By\nSøren Ærø;Ålborg\nJørgen;Tårnby\nÅse Kjær;Næstved\n", "windows-1252"},
		"Portuguese": {"Nome;Cidade\nJoão Conceição;São Paulo\nInês Magalhães;Évora\n", "windows-1252"},
		"Polish":     {"Imię;Miasto\nŁukasz Wiśniewski;Łódź\nGrażyna Żółć;Gdańsk\nZdzisław Dąbrowski;Częstochowa\n", "windows-1250 iso-8859-2 ibm852"},
		"Czech":      {"Jméno;Město\nJiří Dvořák;Plzeň\nŽaneta Šťastná;České Budějovice\nZdeněk Kučera;Třebíč\n", "windows-1250"},
		"Hungarian":  {"Név;Város\nGyőző Szűcs;Győr\nÁrpád Kőszegi;Székesfehérvár\n", "windows-1250"},
		"Turkish":    {"Ad;Şehir\nAyşe Yıldız;İstanbul\nÇağrı Işık;Eskişehir\n", "windows-1254"},
		"Russian":    {"Имя;Город\nАнна Иванова;Москва\nПётр Смирнов;Санкт-Петербург\nООО Ромашка;Новосибирск\n", "windows-1251 koi8-r ibm866 iso-8859-5"},
		"Greek":      {"Όνομα;Πόλη\nΓιώργος Παπαδόπουλος;Αθήνα\nΕλένη;Θεσσαλονίκη\n", "windows-1253"},
		"Hebrew":     {"שם;עיר\nדוד כהן;תל אביב\nרחל לוי;ירושלים\n", "windows-1255"},
		"Arabic":     {"الاسم;المدينة\nمحمد علي;القاهرة\nفاطمة حسن;الرياض\n", "windows-1256"},
		"Thai":       {"ชื่อ;เมือง\nสมชาย;กรุงเทพมหานคร\nสมหญิง;เชียงใหม่\n", "windows-874"},
		"Japanese":   {"氏名,住所\n山田太郎,東京都新宿区\n鈴木花子,大阪市北区\n株式会社サンプル,横浜市\n", "shift_jis euc-jp"},
		"Chinese":    {"姓名,公司,城市\n张伟,北京科技有限公司,北京\n李娜,上海贸易有限公司,上海\n王芳,深圳市腾讯计算机系统有限公司,深圳\n", "gb18030"},
		"Taiwanese":  {"姓名,公司,城市\n陳大文,台灣科技有限公司,台北\n林小明,國際貿易股份有限公司,高雄\n", "big5"},
		"Korean":     {"이름,회사,도시\n김철수,삼성전자,서울\n이영희,현대자동차,부산\n", "euc-kr"},
	}
	sures := 0
	for name, tc := range texts {
		for i, enc := range strings.Fields(tc.encodings) {
			d, err := inspect(t, encode(tc.text, dataops.Encoding(enc)), "x.csv")
			require.NoError(t, err)
			got := Decode(encode(tc.text, dataops.Encoding(enc)), d.Reading.Encoding)
			if d.Unsure {
				t.Logf("%s in %s: unsure, %s", name, enc, d.Reading.Encoding)
			} else {
				sures++
			}
			if i == 0 || !d.Unsure {
				require.Equal(t, tc.text, got, "%s in %s, taken for %s", name, enc, d.Reading.Encoding)
			}
			require.NotEmpty(t, d.Guesses[0].Samples)
		}
	}
	require.Greater(t, sures, 15)
}
