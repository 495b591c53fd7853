import type { Aggregate, CellValue, Column, Group, Row, RowGroup, RowGroups } from '@/api/types';
import { groupId, type GroupLine, type Line } from '@/grid/model';
import { formatValue } from '@/grid/values';
import { Observable } from '@/lib/emitter';
import { count } from '@/lib/format';
import { groupLabel } from './group-label';

/** Groups asked for at once. */
const PAGE = 2_000;
/** Tables with more rows begin with their groups closed. */
const OPEN_ROWS = 10_000;
/** Rows between two stretches that are read with them, since a request costs more. */
const GAP = 100;
const WINDOW = 1_000;
const HELD = 20_000;

export interface GroupedData {
  groups: (offset: number, limit: number, position: number) => Promise<RowGroups>;
  /** Rows of the grouped order. */
  rows: (offset: number, limit: number) => Promise<{ rows: Row[]; position: number }>;
}
export interface GroupedShape {
  groups: readonly Group[];
  aggregates: readonly Aggregate[];
  columns: readonly Column[];
}

/** Which groups a person has opened or closed; it outlives another sort, filter or column. */
export class OpenGroups {
  private turned = new Set<string>();
  private openAtFirst: boolean | null = null;

  begin(rows: number): void {
    this.openAtFirst ??= rows <= OPEN_ROWS;
  }
  has(path: string): boolean {
    return this.turned.has(path) !== (this.openAtFirst ?? true);
  }
  toggle(path: string): void {
    if (!this.turned.delete(path)) this.turned.add(path);
  }
  setAll(open: boolean): void {
    this.turned.clear();
    this.openAtFirst = open;
  }
  forget(): void {
    this.turned.clear();
    this.openAtFirst = null;
  }
}

interface Node {
  group: RowGroup;
  path: string;
  /** Where its rows begin in the grouped order. */
  start: number;
}
/** Lines that follow each other: one group's own, or rows. */
interface Segment {
  line: number;
  lines: number;
  node: Node;
  rows: boolean;
}

/** Grouped rows as lines of the screen: each group's own line, then what is in it, if it is open. */
export class GroupLines {
  /** Rows of all groups, those of closed ones too. */
  readonly rowCount = new Observable(0);
  private nodes: Node[] = [];
  private total = 0;
  private segments: Segment[] = [];
  private readonly held = new Map<number, { row: Row; position: number }>();
  private lineCount = 0;

  constructor(
    private readonly shape: GroupedShape,
    private readonly data: GroupedData,
    private readonly open: OpenGroups,
    /** More groups were read than there were lines for. */
    private readonly grown: (lines: number) => void,
  ) {}

  get lines(): number {
    return this.lineCount;
  }
  /** Whether values of the columns decide about groups or what they show. */
  concerns(columns: readonly string[]): boolean {
    return [...this.shape.groups, ...this.shape.aggregates].some((x) => columns.includes(x.column));
  }

  /** Reads the groups again, as of the log position at least, as many as before; answers with the number of lines. */
  async load(position = 0): Promise<number> {
    const wanted = Math.max(PAGE, this.nodes.length);
    let read: RowGroup[] = [];
    let total = 0;
    do {
      const answer = await this.data.groups(read.length, PAGE, position);
      const groups = answer.groups ?? [];
      read = [...read, ...groups];
      total = answer.total;
      if (groups.length === 0) break;
    } while (read.length < Math.min(wanted, total));
    this.held.clear();
    this.set(read, total);
    return this.lineCount;
  }
  toggle(id: string): number {
    const node = this.nodes.find((n) => groupId(n.path) === id);
    if (node) this.open.toggle(node.path);
    this.layOut();
    return this.lineCount;
  }
  /** Opens the groups around a row by its place in the grouped order; answers with its line. */
  async show(place: number): Promise<number> {
    if (this.nodes.length === 0) await this.load();
    const innermost = this.shape.groups.length - 1;
    const found = (): Node | undefined =>
      this.nodes.find((n) => n.group.level === innermost && place >= n.start && place < n.start + n.group.count);
    while (!found() && this.nodes.length < this.total) await this.more();
    const node = found();
    if (!node) return 0;
    const around: Node[] = []; // the groups that the row is in, the outermost first
    for (const n of this.nodes.slice(0, this.nodes.indexOf(node) + 1)) {
      around.length = n.group.level;
      around.push(n);
    }
    for (const { path } of around) if (!this.open.has(path)) this.open.toggle(path);
    this.layOut();
    const rows = this.segments.find((s) => s.rows && s.node === node);
    return (rows?.line ?? 0) + place - node.start;
  }
  /** The place in the grouped order of the row at a line; of a group's own line, that of the first row in it. */
  placeAt(line: number): { place: number; group: boolean } {
    const s = this.segments.find((one) => line >= one.line && line < one.line + one.lines);
    return s ? { place: s.node.start + (s.rows ? line - s.line : 0), group: !s.rows } : { place: 0, group: true };
  }
  setAll(open: boolean): number {
    this.open.setAll(open);
    this.layOut();
    return this.lineCount;
  }

  /** The lines of a window; rows that are not held are read from the server. */
  async window(start: number, limit: number): Promise<{ rows: Line[]; position: number }> {
    await this.reach(start + limit);
    const shown = this.segments.filter((s) => s.line < start + limit && s.line + s.lines > start);
    const ranges = shown.flatMap((s) => {
      if (!s.rows) return [];
      const skipped = Math.max(0, start - s.line);
      const end = Math.min(s.line + s.lines, start + limit) - s.line;
      return [{ from: s.node.start + skipped, to: s.node.start + end }];
    });
    await this.read(ranges);
    let position = Infinity;
    const rows: Line[] = [];
    for (const s of shown) {
      if (!s.rows) {
        rows.push(this.groupLine(s.node));
        continue;
      }
      for (let line = Math.max(s.line, start); line < Math.min(s.line + s.lines, start + limit); line++) {
        const offset = s.node.start + line - s.line;
        const held = this.held.get(offset);
        if (!held) return { rows, position: Number.isFinite(position) ? position : 0 }; // rows went away meanwhile
        position = Math.min(position, held.position);
        rows.push({ ...held.row, number: offset + 1 });
      }
    }
    return { rows, position: Number.isFinite(position) ? position : 0 };
  }

  /** Reads more groups where a window comes to the end of those that are known. */
  private async reach(line: number): Promise<void> {
    if (line < this.lineCount || this.nodes.length >= this.total) return;
    await this.more();
    this.grown(this.lineCount);
  }
  private async more(): Promise<void> {
    const { groups, total } = await this.data.groups(this.nodes.length, PAGE, 0);
    const read = groups ?? [];
    this.set([...this.nodes.map((n) => n.group), ...read], read.length > 0 ? total : this.nodes.length);
  }
  private async read(ranges: { from: number; to: number }[]): Promise<void> {
    const missing: { from: number; to: number }[] = [];
    for (const r of ranges) {
      let { from } = r;
      while (from < r.to && this.held.has(from)) from++;
      if (from === r.to) continue;
      const last = missing.at(-1);
      if (last && from - last.to <= GAP && r.to - last.from <= WINDOW) last.to = r.to;
      else missing.push({ from, to: r.to });
    }
    if (this.held.size > HELD) this.held.clear();
    await Promise.all(
      missing.map(async ({ from, to }) => {
        const { rows, position } = await this.data.rows(from, to - from);
        rows.forEach((row, i) => this.held.set(from + i, { row, position }));
      }),
    );
  }

  private set(groups: readonly RowGroup[], total: number): void {
    this.total = total;
    const innermost = this.shape.groups.length - 1;
    const path: string[] = [];
    let start = 0;
    this.nodes = groups.map((group) => {
      path.length = group.level;
      path.push(JSON.stringify(group.value));
      const node = { group, path: path.join('/'), start };
      if (group.level === innermost) start += group.count;
      return node;
    });
    const rows = groups.reduce((n, g) => n + (g.level === 0 ? g.count : 0), 0);
    this.open.begin(rows);
    this.rowCount.set(rows);
    this.layOut();
  }
  private layOut(): void {
    const innermost = this.shape.groups.length - 1;
    let line = 0;
    let closed = Infinity; // the level of the closed group that hides what comes
    this.segments = [];
    for (const node of this.nodes) {
      const { level } = node.group;
      if (level > closed) continue;
      closed = Infinity;
      this.segments.push({ line: line++, lines: 1, node, rows: false });
      if (!this.open.has(node.path)) closed = level;
      else if (level === innermost) {
        this.segments.push({ line, lines: node.group.count, node, rows: true });
        line += node.group.count;
      }
    }
    this.lineCount = line;
  }
  private groupLine({ group, path }: Node): Line {
    const by = this.shape.groups[group.level];
    const column = this.shape.columns.find((c) => c.id === by?.column);
    const line: GroupLine = {
      level: group.level,
      column: column ?? { id: '', name: '', type: 'text', kind: 'data', created_at: '' },
      value: group.value,
      label: column ? groupLabel(column, by?.unit, group.value) : null,
      count: group.count,
      open: this.open.has(path),
      aggregates: Object.fromEntries(
        this.shape.aggregates.map((a, i) => [a.column, this.aggregate(a, group.aggregates[i] ?? null)]),
      ),
    };
    return { id: groupId(path), cells: {}, version: 0, created_at: '', updated_at: '', group: line };
  }
  private aggregate(a: Aggregate, value: CellValue): string {
    const column = this.shape.columns.find((c) => c.id === a.column);
    if (!column || value === null) return '';
    if (a.of === 'filled' || a.of === 'empty') return `${count(Number(value))} ${a.of}`;
    return `${NAMES[a.of]} ${formatValue(column, value)}`;
  }
}

const NAMES: Record<Exclude<Aggregate['of'], 'filled' | 'empty'>, string> = {
  sum: 'Sum',
  avg: 'Avg',
  min: 'Min',
  max: 'Max',
};
