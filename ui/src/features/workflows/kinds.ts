import {
  CalendarClock,
  Database,
  Filter,
  GitFork,
  Globe,
  Hand,
  PenLine,
  Send,
  Sparkles,
  Table2,
  Timer,
  UserCheck,
  Webhook,
  type LucideIcon,
} from 'lucide-react';
import type { WorkflowKind } from '@/api/types-workflow';

export type Flow = 'start' | 'rows';

export interface KindInfo {
  label: string;
  /** What it does, in one line. */
  text: string;
  icon: LucideIcon;
  group: 'Triggers' | 'Rows' | 'Actions';
  /** What it takes; nothing for triggers. */
  takes: Flow | null;
  gives: Flow;
  ports: string[];
}

const out = ['out'];

export const kinds: Record<WorkflowKind, KindInfo> = {
  manual: {
    label: 'Manual start',
    text: 'Runs when you press Run.',
    icon: Hand,
    group: 'Triggers',
    takes: null,
    gives: 'start',
    ports: out,
  },
  schedule: {
    label: 'Schedule',
    text: 'Runs at times that you set.',
    icon: CalendarClock,
    group: 'Triggers',
    takes: null,
    gives: 'start',
    ports: out,
  },
  rows_changed: {
    label: 'Rows added or changed',
    text: 'Runs when rows of a table come or change.',
    icon: Database,
    group: 'Triggers',
    takes: null,
    gives: 'rows',
    ports: out,
  },
  webhook: {
    label: 'Webhook received',
    text: 'Runs when another system posts to its address.',
    icon: Webhook,
    group: 'Triggers',
    takes: null,
    gives: 'rows',
    ports: out,
  },
  table_rows: {
    label: 'Rows of a table',
    text: 'Takes the rows of a table, a view or a filter.',
    icon: Table2,
    group: 'Rows',
    takes: 'start',
    gives: 'rows',
    ports: out,
  },
  filter: {
    label: 'Filter',
    text: 'Lets rows through that meet a condition.',
    icon: Filter,
    group: 'Rows',
    takes: 'rows',
    gives: 'rows',
    ports: out,
  },
  branch: {
    label: 'Branch',
    text: 'Sends rows one way or the other.',
    icon: GitFork,
    group: 'Rows',
    takes: 'rows',
    gives: 'rows',
    ports: ['yes', 'no'],
  },
  enrichment: {
    label: 'Enrichment',
    text: 'Runs an enrichment column over the rows.',
    icon: Sparkles,
    group: 'Actions',
    takes: 'rows',
    gives: 'rows',
    ports: out,
  },
  update_cells: {
    label: 'Update cells',
    text: 'Sets columns to values.',
    icon: PenLine,
    group: 'Actions',
    takes: 'rows',
    gives: 'rows',
    ports: out,
  },
  wait: {
    label: 'Wait',
    text: 'Holds the rows for a while.',
    icon: Timer,
    group: 'Actions',
    takes: 'rows',
    gives: 'rows',
    ports: out,
  },
  approval: {
    label: 'Approval',
    text: 'Waits until people approve or reject the rows.',
    icon: UserCheck,
    group: 'Actions',
    takes: 'rows',
    gives: 'rows',
    ports: ['approved', 'rejected', 'late'],
  },
  send: {
    label: 'Send to webhook',
    text: 'Posts the rows to one of your webhooks, signed.',
    icon: Send,
    group: 'Actions',
    takes: 'rows',
    gives: 'rows',
    ports: out,
  },
  http: {
    label: 'HTTP request',
    text: 'Calls another system for each row, with its values.',
    icon: Globe,
    group: 'Actions',
    takes: 'rows',
    gives: 'rows',
    ports: out,
  },
};

export const groups = ['Triggers', 'Rows', 'Actions'] as const;

export const kindList = Object.keys(kinds) as WorkflowKind[];

export const isTrigger = (kind: WorkflowKind): boolean => kinds[kind].takes === null;
