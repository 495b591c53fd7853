package dataops

// stretch is how many batches an import may be further than the loss of a worker for that to be of the same stretch: so many are read
// ahead of the one that is written.
const stretch = 3

// LoseWorker records that a worker was lost over what the import does now.
func (i *Import) LoseWorker() error {
	if i.State != StateImporting && !i.Undoing {
		return nil
	}
	e := Interrupted{ImportID: i.ID, At: i.at(), Killed: 1}
	if i.Suspect() {
		e.Killed = i.Killed + 1
	}
	return i.Record(i, e)
}

// Suspect reports whether a worker was lost over the stretch that the import is in.
func (i *Import) Suspect() bool {
	if i.Undoing {
		return i.Killed > 0 && i.at() == i.KilledAt
	}
	return i.Killed > 0 && i.at()-i.KilledAt <= stretch
}

func (i *Import) at() int64 {
	if i.Undoing {
		return i.UndoDown
	}
	return i.Batch
}
