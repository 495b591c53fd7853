import type { Place } from './range';

/** What has not been told by then never will: the focus has left the grid meanwhile. */
const LONGEST_MS = 1_000;

/**
 * Says when the selection goes where the focus is. The grid tells of its focus a moment after it has moved, which is too late for a key that is
 * pressed at once: then the selection goes ahead, and what is told afterwards of moves up to that one must not take back what the key did.
 */
export class FocusFollow {
  private last: Place | null = null;
  private awaited: Place | null = null;
  private since = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The focus is there now, before a key acts: true if the selection has to go ahead. */
  ahead(place: Place): boolean {
    if (same(this.awaited ?? this.last, place)) return false;
    this.awaited = place;
    this.since = this.now();
    return true;
  }
  /** The grid tells of its focus: true if the selection has to follow. */
  told(place: Place): boolean {
    this.last = place;
    if (!this.awaited || this.now() - this.since > LONGEST_MS) this.awaited = null;
    if (!this.awaited) return true;
    if (same(this.awaited, place)) this.awaited = null;
    return false;
  }
}

function same(a: Place | null, b: Place): boolean {
  return a?.row === b.row && a.col === b.col;
}
