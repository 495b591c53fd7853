import type {
  CellState,
  CellValue,
  Column,
  CreditTransaction,
  HistoryEntry,
  Import,
  Job,
  JobRecord,
  Passkey,
  Row,
  Table,
  UndoStep,
  View,
} from '../../api/types.ts';

export interface MockTable {
  id: string;
  name: string;
  columns: Column[];
  views: View[];
  rows: Row[];
  byId: Map<string, Row>;
  version: number;
  trashed: boolean;
  undo: (UndoStep & { before: Before[]; removed: string[] })[];
  redo: UndoStep[];
  history: Map<string, HistoryEntry[]>;
}
export interface Before {
  rowId: string;
  columnId: string;
  value: CellValue;
}

export const USER = {
  id: 'usr_demo',
  name: 'Dana Demo',
  email: 'demo@morket.local',
  operator: true,
  created_at: '2026-01-05T09:00:00Z',
};
export const WS = 'ws_demo';

/** The whole server, in memory. */
export class MockState {
  position = 1000;
  signedIn = false;
  /** Of two-step sign-in, which is off without them. */
  recoveryCodes: string[] | null = null;
  passkeys: Passkey[] = [];
  passkeyOrigin = 'http://localhost:3000';
  role: 'owner' | 'admin' | 'member' | 'viewer' | 'billing_admin' = 'owner';
  readonly tables = new Map<string, MockTable>();
  readonly jobs: Job[] = [];
  readonly records = new Map<string, JobRecord[]>();
  readonly imports = new Map<string, Import & { text: string }>();
  readonly transactions: CreditTransaction[] = [];
  readonly listeners = new Map<string, Set<(event: string) => void>>();
  readonly seen = new Map<string, string>();
  balance = 4_820_500;
  private next = 1;

  id(prefix: string): string {
    return `${prefix}_${String(this.next++).padStart(6, '0')}`;
  }
  at(): string {
    return new Date().toISOString();
  }
  tick(): number {
    return ++this.position;
  }
  publish(table: string, patch: Record<string, unknown>): void {
    const event = `id: ${String(this.position)}\nevent: patch\ndata: ${JSON.stringify({ position: this.position, actor: { kind: 'user', id: USER.id }, ...patch })}\n\n`;
    for (const listener of this.listeners.get(table) ?? []) listener(event);
  }
  addTable(name: string, columns: Column[], cells: Record<string, CellValue>[]): MockTable {
    const table: MockTable = {
      id: this.id('tbl'),
      name,
      columns,
      views: [],
      rows: [],
      byId: new Map(),
      version: 1,
      trashed: false,
      undo: [],
      redo: [],
      history: new Map(),
    };
    this.tables.set(table.id, table);
    for (const c of cells) this.addRow(table, c);
    return table;
  }
  addRow(table: MockTable, cells: Record<string, CellValue>, states: Record<string, CellState> = {}): Row {
    const row: Row = {
      id: this.id('row'),
      cells,
      states,
      version: this.position,
      created_at: '2026-10-01T08:00:00Z',
      updated_at: this.at(),
    };
    table.rows.push(row);
    table.byId.set(row.id, row);
    return row;
  }
}

export function tableBody(state: MockState, t: MockTable): Table {
  return {
    id: t.id,
    name: t.name,
    row_count: t.rows.length,
    columns: t.columns,
    views: t.views,
    schema_version: t.version,
    last_position: state.position,
    created_at: '2026-10-01T08:00:00Z',
  };
}
