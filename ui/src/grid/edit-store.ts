import { parseExact } from '@/lib/exact-json';
import type { CellChange, CellValue } from './model';

export interface EditBatch {
  key: string;
  changes: CellChange[];
  createOptions?: boolean;
  /** What the edits belong to as one step of undo. */
  gesture?: string;
  /** When they were made, and their order among those of the same moment. */
  at: number;
  n?: number;
  /** They may be old when the server gets them: each holds only if its cell is still as it was seen. */
  late?: boolean;
  tries?: number;
  /** When the server failed first. */
  failing?: number;
}

/** An edit that the server doesn't have and that waits for its person. */
export interface HeldEdit extends CellChange {
  id: string;
  /** Somebody changed the cell; the server refused the value; it failed too often. */
  kind: 'conflict' | 'refused' | 'failed';
  reason: string;
  theirs?: CellValue;
  createOptions?: boolean;
}

/** What is kept of a table's edits until the server has them or a person has decided. */
export interface KeptEdits {
  batches: EditBatch[];
  held: HeldEdit[];
}

export interface EditStore {
  /** Keeps a batch over a reload; false when there is no room. */
  keep(batch: EditBatch): boolean;
  drop(key: string): void;
  /** Keeps an edit that waits for a person's decision; false when there is no room. */
  hold(edit: HeldEdit): boolean;
  release(id: string): void;
  /** Takes over what tabs that are gone have left. Only within `exclusive`. */
  adopt(): Promise<KeptEdits>;
  /** Runs while no other tab sends edits of the table. */
  exclusive<T>(run: () => Promise<T>): Promise<T>;
  /** Tells when a tab that has edits of the table is gone. */
  onOrphans(listener: () => void): void;
  close(): void;
}

interface Locks {
  request<T>(
    name: string,
    options: { mode?: 'exclusive' | 'shared'; signal?: AbortSignal },
    run: () => Promise<T>,
  ): Promise<T>;
  query(): Promise<{ held?: { name?: string }[] }>;
}

const SEPARATOR = '/';

/**
 * Keeps edits in the browser's storage, one item each, under the user, the table and the tab: so tabs never overwrite each
 * other's, and another user's are never seen. A tab holds a lock on its name while it lives (Web Locks, W3C); what a tab without
 * its lock has left belongs to the next that asks. One more lock makes one writer per table.
 */
export class LocalEdits implements EditStore {
  private readonly tab = crypto.randomUUID();
  private readonly closing = new AbortController();
  private readonly watched = new Set<string>();
  private orphans: () => void = () => undefined;
  private free: () => void = () => undefined;

  constructor(
    private readonly prefix: string,
    private readonly storage: Storage | null = reachable(),
    private readonly locks: Locks | null = 'locks' in navigator ? navigator.locks : null,
  ) {
    const lives = new Promise<void>((resolve) => (this.free = resolve));
    void this.locks?.request(this.name(this.tab), {}, () => lives);
    if (typeof window === 'undefined') return;
    const seen = (e: StorageEvent): void => {
      if (e.key?.startsWith(this.prefix + SEPARATOR)) this.watch(this.tabOf(e.key));
    };
    window.addEventListener('storage', seen, { signal: this.closing.signal });
  }

  keep(batch: EditBatch): boolean {
    return this.put(this.item(this.tab, 'batch', batch.key), batch);
  }
  drop(key: string): void {
    this.remove(this.item(this.tab, 'batch', key));
  }
  hold(edit: HeldEdit): boolean {
    return this.put(this.item(this.tab, 'held', edit.id), edit);
  }
  release(id: string): void {
    this.remove(this.item(this.tab, 'held', id));
  }

  async adopt(): Promise<KeptEdits> {
    const found: KeptEdits = { batches: this.legacy(), held: [] };
    const living = await this.living();
    for (const key of this.keys()) {
      const tab = this.tabOf(key);
      if (tab === this.tab) continue;
      if (living.has(this.name(tab))) {
        this.watch(tab);
        continue;
      }
      this.take(key, found);
    }
    found.batches.sort((a, b) => a.at - b.at || (a.n ?? 0) - (b.n ?? 0));
    return found;
  }
  private take(key: string, into: KeptEdits): void {
    const [, , kind = ''] = key.slice(this.prefix.length).split(SEPARATOR);
    const value = this.read(key);
    this.remove(key);
    if (isBatch(value) && kind === 'batch') {
      into.batches.push(value);
      this.keep(value);
    } else if (isHeld(value) && kind === 'held') {
      into.held.push(value);
      this.hold(value);
    }
  }
  /** Edits as an earlier release kept them: all of a table in one item. */
  private legacy(): EditBatch[] {
    const value = this.read(this.prefix);
    this.remove(this.prefix);
    const list = Array.isArray(value) ? value.filter(isBatch) : [];
    for (const batch of list) this.keep(batch);
    return list;
  }

  exclusive<T>(run: () => Promise<T>): Promise<T> {
    return this.locks ? this.locks.request(`${this.prefix}${SEPARATOR}writer`, {}, run) : run();
  }
  onOrphans(listener: () => void): void {
    this.orphans = listener;
  }
  close(): void {
    this.closing.abort();
    this.free();
  }

  /** Waits for the end of another tab: its lock is free then. */
  private watch(tab: string): void {
    if (!this.locks || tab === this.tab || this.watched.has(tab) || this.closing.signal.aborted) return;
    this.watched.add(tab);
    this.locks
      .request(this.name(tab), { mode: 'shared', signal: this.closing.signal }, () => Promise.resolve())
      .then(
        () => {
          this.watched.delete(tab);
          this.orphans();
        },
        () => undefined, // this tab closes
      );
  }
  private async living(): Promise<Set<string>> {
    const held = (await this.locks?.query())?.held ?? [];
    return new Set(held.flatMap((l) => l.name ?? []));
  }

  private name(tab: string): string {
    return `${this.prefix}${SEPARATOR}tab${SEPARATOR}${tab}`;
  }
  private item(tab: string, kind: 'batch' | 'held', id: string): string {
    return [this.prefix, tab, kind, id].join(SEPARATOR);
  }
  private tabOf(key: string): string {
    return key.slice(this.prefix.length + 1).split(SEPARATOR)[0] ?? '';
  }
  private keys(): string[] {
    const all = Array.from({ length: this.storage?.length ?? 0 }, (_, i) => this.storage?.key(i) ?? '');
    return all.filter((k) => k.startsWith(this.prefix + SEPARATOR));
  }
  private put(key: string, value: unknown): boolean {
    try {
      if (!this.storage) return false;
      this.storage.setItem(key, JSON.stringify(value));
      return true;
    } catch {
      return false; // full, or forbidden
    }
  }
  private remove(key: string): void {
    this.storage?.removeItem(key);
  }
  private read(key: string): unknown {
    try {
      return parseExact(this.storage?.getItem(key) ?? 'null');
    } catch {
      return null;
    }
  }
}

/** The browser may forbid its storage altogether. */
function reachable(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

function isBatch(value: unknown): value is EditBatch {
  return (
    typeof value === 'object' && value !== null && 'key' in value && 'changes' in value && Array.isArray(value.changes)
  );
}
function isHeld(value: unknown): value is HeldEdit {
  return typeof value === 'object' && value !== null && 'id' in value && 'rowId' in value && 'kind' in value;
}
