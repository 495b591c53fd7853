package tablecmd_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

func codeOf(err error) string {
	var e *kernel.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestAStepOfWhichNothingWasUndoneStaysOnTheStack(t *testing.T) {
	t.Parallel()
	d, rows := given(t, []string{"A"}, map[string]string{"A": "1"})
	d.edit(ann, rows[0], "A", "ann's")
	step := d.next(ann)
	d.edit(bob, rows[0], "A", "bob's")

	out := d.undo(ann)
	require.Equal(t, step, out.UndoneStep)
	require.Len(t, out.Conflicts, 1)
	require.Equal(t, step, d.next(ann), "the step is still there")
	require.Equal(t, `"bob's"`, d.value(rows[0], "A"))

	out = d.takeBack(ann, tablecmd.Undo{Steps: []string{step}, Force: true})
	require.Empty(t, out.Conflicts)
	require.Equal(t, `"1"`, d.value(rows[0], "A"))
	require.Empty(t, d.next(ann))
	d.redo(ann)
	require.Equal(t, `"bob's"`, d.value(rows[0], "A"), "the redo gives what the undo took")
}

func TestForceWithItsIDTakesBackWhatAnUndoHadLeft(t *testing.T) {
	t.Parallel()
	d, rows := given(t, []string{"A"}, map[string]string{"A": "1"}, map[string]string{"A": "2"})
	d.editIn(meta(ann), rows, "A", "ann's")
	step := d.next(ann)
	d.edit(bob, rows[0], "A", "bob's")

	out := d.undo(ann)
	require.Equal(t, 1, out.Cells)
	require.Len(t, out.Conflicts, 1)
	out = d.takeBack(ann, tablecmd.Undo{Steps: []string{step}, Force: true})
	require.Equal(t, 1, out.Cells)
	require.Equal(t, []string{`"1"`, `"2"`}, []string{d.value(rows[0], "A"), d.value(rows[1], "A")})
	_, err := d.tryBack(ann, tablecmd.Undo{Steps: []string{step}, Force: true})
	require.Equal(t, "ALREADY_UNDONE", codeOf(err), "nothing is left")
	require.ErrorContains(t, err, "Edit cells")
	require.NotContains(t, err.Error(), "stp_")

	d.redo(ann) // both calls are one undo
	require.Equal(t, []string{`"bob's"`, `"ann's"`}, []string{d.value(rows[0], "A"), d.value(rows[1], "A")})
	require.Equal(t, step, d.next(ann))
}

func TestARedoThatLeftSomethingGoesOnWithItsID(t *testing.T) {
	t.Parallel()
	d, rows := given(t, []string{"A"}, map[string]string{"A": "1"}, map[string]string{"A": "2"})
	d.editIn(meta(ann), rows, "A", "ann's")
	step := d.next(ann)
	d.undo(ann)
	d.edit(bob, rows[0], "A", "bob's")
	require.Len(t, d.redo(ann).Conflicts, 1)
	require.Equal(t, 1, d.takeBack(ann, tablecmd.Undo{Steps: []string{step}, Force: true, Redo: true}).Cells)
	require.Equal(t, `"ann's"`, d.value(rows[0], "A"))
	_, err := d.tryBack(ann, tablecmd.Undo{Steps: []string{step}, Redo: true})
	require.Equal(t, "NOT_UNDONE", codeOf(err))
	require.NotContains(t, err.Error(), "stp_")
}

func TestAnEditIsUndoneAfterItsColumnIsBack(t *testing.T) {
	t.Parallel()
	d, rows := given(t, []string{"A", "B"}, map[string]string{"A": "1", "B": "1"})
	d.edit(ann, rows[0], "A", "x")
	step := d.next(ann)
	id := d.deleteColumn(bob, "A")

	out := d.undo(ann)
	require.Zero(t, out.Cells)
	require.Equal(t, []string{"the column “A” is in the trash; its cells stay as they are"}, out.NotUndoable)
	require.Equal(t, step, d.next(ann))

	_, err := d.handlers.RestoreColumn(t.Context(), meta(bob), tablecmd.RestoreColumn{Table: d.table, Column: id})
	require.NoError(t, err)
	require.Equal(t, 1, d.undo(ann).Cells)
	require.Equal(t, `"1"`, d.value(rows[0], "A"))
}

func TestWhatWasLeftForATrashedColumnOrRowIsUndoneByIDWhenItIsBack(t *testing.T) {
	t.Parallel()
	d, rows := given(t, []string{"A", "B"}, map[string]string{"A": "1"}, map[string]string{"A": "2"}, map[string]string{"A": "3"})
	d.editIn(meta(ann), rows, "A", "x")
	step := d.next(ann)
	d.deleteIn(meta(bob), rows[1])
	out := d.undo(ann)
	require.Equal(t, 2, out.Cells)
	require.Equal(t, "the row was deleted", out.Conflicts[0].Reason)
	d.restore(bob, rows[1])
	require.Equal(t, 1, d.undo(ann, step).Cells)
	require.Equal(t, `"2"`, d.value(rows[1], "A"))
}

func TestAChangeOfAColumnIsUndoneAfterItIsBack(t *testing.T) {
	t.Parallel()
	d, _ := given(t, []string{"A", "B"})
	name := "Renamed"
	_, err := d.handlers.ChangeColumn(t.Context(), meta(ann), tablecmd.ChangeColumn{Table: d.table, Column: d.column("A").ID, Change: table.ColumnChange{Name: &name}})
	require.NoError(t, err)
	id := d.deleteColumn(bob, name)

	_, err = d.tryBack(ann, tablecmd.Undo{})
	require.Equal(t, "COLUMN_IN_TRASH", codeOf(err))
	require.ErrorContains(t, err, name)
	require.NotContains(t, err.Error(), "col_")
	_, err = d.handlers.RestoreColumn(t.Context(), meta(bob), tablecmd.RestoreColumn{Table: d.table, Column: id})
	require.NoError(t, err)
	d.undo(ann)
	require.Equal(t, id, d.column("A").ID)
}

func TestAnUndoneChangeOfTypeListsTheLaterEditsThatItLoses(t *testing.T) {
	t.Parallel()
	d, rows := given(t, []string{"A"}, map[string]string{"A": "1"}, map[string]string{"A": "2"}, map[string]string{"A": "3"}, map[string]string{})
	d.retype(ann, "A", table.Number)
	d.undo(ann)
	d.redo(ann)
	d.retype(ann, "A", table.LongText)
	d.edit(bob, rows[0], "A", "words")
	d.edit(bob, rows[1], "A", "22")

	out := d.undo(ann)
	require.Equal(t, table.Number, d.column("A").Type)
	require.Equal(t, []tablecmd.Conflict{{
		RowID: rows[0], ColumnID: d.column("A").ID, Current: table.Quote("words"), WouldBe: kernel.Null(), Lost: true,
		Reason: "the value does not fit the type that “A” has again; redo brings it back",
	}}, out.Conflicts)
	require.Equal(t, []string{"null", "22", "3"}, []string{d.value(rows[0], "A"), d.value(rows[1], "A"), d.value(rows[2], "A")})
	d.redo(ann)
	require.Equal(t, `"words"`, d.value(rows[0], "A"))
}

func TestMessagesOfStructureNameColumns(t *testing.T) {
	t.Parallel()
	d, _ := given(t, []string{"A"})
	d.retype(ann, "A", table.Number)
	d.retype(bob, "A", table.Boolean)
	_, err := d.tryBack(ann, tablecmd.Undo{})
	require.ErrorContains(t, err, "“A”")
	require.NotContains(t, err.Error(), "col_")
}

func TestOneGestureIsOneStep(t *testing.T) {
	t.Parallel()
	d, rows := given(t, []string{"A"}, map[string]string{"A": "1"})
	before := d.text()
	paste := meta(ann)
	paste.Gesture = "paste-1"
	added, err := d.handlers.AddColumn(t.Context(), paste, tablecmd.AddColumn{Table: d.table, Column: tablecmd.NewColumn{Name: "B", Type: table.Text}})
	require.NoError(t, err)
	d.editIn(paste, rows, "A", "x")
	d.editIn(paste, rows, string(added.Value.ID), "y")
	d.insertIn(paste, map[string]string{"A": "new", "B": "new"})
	after := d.text()
	require.Len(t, d.image().stack(ann, false), 1)
	require.Equal(t, "Paste", d.image().stack(ann, false)[0].Label)

	out := d.undo(ann)
	require.Empty(t, out.Conflicts)
	require.Empty(t, out.NotUndoable)
	require.Equal(t, before, d.text())
	out = d.redo(ann)
	require.Empty(t, out.Conflicts)
	require.Equal(t, after, d.text())
	d.undo(ann)
	require.Equal(t, before, d.text())
	require.Empty(t, d.next(ann))

	other := meta(bob)
	other.Gesture = "paste-1"
	d.editIn(other, rows, "A", "bob's")
	require.NotEqual(t, d.next(ann), d.next(bob), "a gesture belongs to its person")
	require.NotEmpty(t, d.next(bob))
}

func TestAnEditIsUndoneInAColumnWhoseTypeSomebodyChanged(t *testing.T) {
	t.Parallel()
	d, rows := given(t, []string{"A"}, map[string]string{"A": "1"})
	d.edit(ann, rows[0], "A", "2")
	d.retype(bob, "A", table.Number)
	require.Empty(t, d.undo(ann).Conflicts)
	require.Equal(t, "1", d.value(rows[0], "A"))
	d.redo(ann)
	require.Equal(t, "2", d.value(rows[0], "A"))
}
