package historyread

// The questions, as the read model of version 2 answers them. Each has the parameters and columns of its twin for a copy of version 1.
const (
	stepColumns = `l.step, l.position, coalesce(l.label, '` + usualLabel + `'), coalesce(l.cells, 0), coalesce(l.row_count, 0),
  coalesce(l.kind, '` + usualKind + `'), coalesce(l.money, 0)`
	stepJoins = `rm_history.lines l LEFT JOIN rm_history.turns t ON t.step = l.position
LEFT JOIN rm_history.lines e ON e.position = t.effective`
	untouched = `SELECT position FROM rm_history.lines n WHERE n.table_key = hashtextextended($1, 0) AND n.by_user = hashtextextended($2, 0)
AND NOT EXISTS (SELECT FROM rm_history.turns t WHERE t.step = n.position) ORDER BY position DESC LIMIT `
	// The newest thing that the user did, taken back or not, which was no undo or redo.
	newest = `SELECT position FROM rm_history.lines n WHERE n.table_key = hashtextextended($1, 0) AND n.by_user = hashtextextended($2, 0)
AND NOT EXISTS (SELECT FROM rm_history.turns t WHERE t.step = n.position AND t.root <> t.step) ORDER BY position DESC LIMIT 1`
	turned = `SELECT step, changed FROM rm_history.turns WHERE table_key = hashtextextended($1, 0) AND by_user = hashtextextended($2, 0)
		AND root = step `

	undoQuery = `SELECT ` + stepColumns + `, false, coalesce(e.step, l.step) FROM (
(SELECT position, position AS changed FROM (` + untouched + `$3) n)
UNION ALL (` + turned + `AND NOT undone ORDER BY changed DESC LIMIT $3)) s
JOIN ` + stepJoins + ` ON l.position = s.position ORDER BY s.changed DESC LIMIT $3`
	// What was undone can be redone until its user does something new, also when that is taken back in its turn.
	redoQuery = `SELECT ` + stepColumns + `, true, e.step
		FROM (` + turned + `AND undone AND changed > coalesce((` + newest + `), 0) ORDER BY changed DESC LIMIT $3) s
JOIN ` + stepJoins + ` ON l.position = s.step ORDER BY s.changed DESC`

	isStep    = `hashtextextended(l.step, 0) = hashtextextended($2, 0) AND l.step = $2 AND l.table_key = hashtextextended($1, 0)`
	stepQuery = `SELECT ` + stepColumns + `, coalesce(t.undone, false), coalesce(e.step, l.step) FROM ` + stepJoins + `
WHERE ` + isStep + ` AND coalesce(t.root = t.step, true)`
	positionsQuery = `WITH f AS (SELECT l.position FROM rm_history.lines l WHERE ` + isStep + `)
SELECT position FROM f UNION ALL SELECT l.position FROM f JOIN rm_history.lines l ON l.first = f.position ORDER BY 1`

	sets         = `(l.col = hashtextextended($4, 0) OR l.cols @> ARRAY[hashtextextended($4, 0)])`
	touchesQuery = `(SELECT l.position FROM rm_history.lines l WHERE l.row_id = $1 AND l.position < $2
  AND l.table_key = hashtextextended($3, 0) AND ($4 = '' OR ` + sets + `)
ORDER BY l.position DESC LIMIT $5)
UNION ALL (SELECT t.position FROM rm_history.touches t JOIN rm_history.lines l USING (position)
WHERE t.row_id = $1 AND t.position < $2 AND l.table_key = hashtextextended($3, 0) AND ($4 = '' OR NOT t.valued OR ` + sets + `)
ORDER BY t.position DESC LIMIT $5)
ORDER BY 1 DESC LIMIT $5`
	lastTouchQuery = `SELECT row_id, max(position) FROM (
SELECT l.row_id, l.position FROM rm_history.lines l WHERE l.row_id = ANY($1) AND l.position < $2 AND l.table_key = hashtextextended($3, 0)
AND ` + sets + `
UNION ALL SELECT t.row_id, t.position FROM rm_history.touches t JOIN rm_history.lines l USING (position)
WHERE t.row_id = ANY($1) AND t.valued AND t.position < $2 AND l.table_key = hashtextextended($3, 0) AND ` + sets + `) v GROUP BY row_id`
	insertQuery = `SELECT r.id, c.position FROM unnest($1::uuid[]) AS r(id) CROSS JOIN LATERAL
(SELECT position FROM rm_history.begun WHERE table_key = hashtextextended($2, 0) AND lo <= r.id AND hi >= r.id AND position < $3
ORDER BY lo DESC LIMIT 8) AS c`

	changes = `(l.col IS NOT NULL OR l.cols IS NOT NULL) AND l.table_key = hashtextextended($3, 0)
  AND ($5 = '' OR l.col = hashtextextended($5, 0) OR l.cols @> ARRAY[hashtextextended($5, 0)])`
	changedQuery = `SELECT DISTINCT v.row_id FROM (
SELECT l.row_id, coalesce(l.first, l.position) AS step FROM rm_history.lines l WHERE l.row_id = ANY($1) AND l.position > $2
AND ` + changes + `
UNION ALL SELECT t.row_id, coalesce(l.first, l.position) FROM rm_history.touches t JOIN rm_history.lines l USING (position)
WHERE t.row_id = ANY($1) AND t.position > $2 AND ` + changes + `) v
LEFT JOIN rm_history.turns s ON s.step = v.step LEFT JOIN rm_history.turns r ON r.step = coalesce(s.root, v.step)
WHERE NOT coalesce(r.undone, false) AND coalesce(s.root, v.step) > (SELECT l.position FROM rm_history.lines l
WHERE hashtextextended(l.step, 0) = hashtextextended($4, 0) AND l.step = $4 AND l.table_key = hashtextextended($3, 0))`
)

// The same of a copy of version 1, which serves until that of version 2 is made.
const (
	stepColumns1 = `step, position, label, cells, row_count, kind, money, undone, effective`
	undoQuery1   = `SELECT ` + stepColumns1 + ` FROM rm_history.steps WHERE table_id = $1 AND user_id = $2 AND root = step AND NOT undone
		ORDER BY changed DESC LIMIT $3`
	redoQuery1 = `SELECT ` + stepColumns1 + ` FROM rm_history.steps s WHERE table_id = $1 AND user_id = $2 AND root = step AND undone
AND changed > COALESCE((SELECT max(position) FROM rm_history.steps n WHERE n.table_id = $1 AND n.user_id = $2 AND n.root = n.step), 0)
ORDER BY changed DESC LIMIT $3`
	stepQuery1      = `SELECT ` + stepColumns1 + ` FROM rm_history.steps WHERE table_id = $1 AND step = $2 AND root = step`
	positionsQuery1 = `SELECT position FROM rm_history.changes WHERE table_id = $1 AND step = $2 ORDER BY position`
	touchesQuery1   = `SELECT t.position FROM rm_history.touches t JOIN rm_history.changes c USING (position)
WHERE t.row_id = $1 AND t.position < $2 AND c.table_id = $3 AND ($4 = '' OR NOT t.valued OR c.cols @> ARRAY[$4]) ORDER BY t.position DESC
LIMIT $5`
	lastTouchQuery1 = `SELECT t.row_id, max(t.position) FROM rm_history.touches t JOIN rm_history.changes c USING (position)
WHERE t.row_id = ANY($1) AND t.valued AND t.position < $2 AND c.table_id = $3 AND c.cols @> ARRAY[$4] GROUP BY t.row_id`
	insertQuery1 = `SELECT r.id, c.position FROM unnest($1::uuid[]) AS r(id) CROSS JOIN LATERAL
(SELECT position FROM rm_history.changes WHERE table_id = $2 AND lo IS NOT NULL AND lo <= r.id AND hi >= r.id AND position < $3
ORDER BY lo DESC LIMIT 8) AS c`
	changedQuery1 = `SELECT DISTINCT t.row_id FROM rm_history.touches t JOIN rm_history.changes c USING (position)
JOIN rm_history.steps s ON s.table_id = c.table_id AND s.step = c.step JOIN rm_history.steps r ON r.table_id = s.table_id
AND r.step = s.root
WHERE t.row_id = ANY($1) AND t.position > $2 AND c.table_id = $3 AND c.cols <> '{}' AND ($5 = '' OR c.cols @> ARRAY[$5]) AND NOT r.undone
AND r.position > (SELECT position FROM rm_history.steps WHERE table_id = $3 AND step = $4)`
)
