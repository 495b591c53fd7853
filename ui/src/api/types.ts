/**
 * The shapes of the HTTP API, by the names that the interface uses. They are the generated ones (schema.d.ts), narrowed
 * where the document says less than the server does: it has no names for the values that a field of text may have, none
 * for what JSON may hold, and calls every list one that may be null.
 */
import type { components } from './schema';

type Schemas = components['schemas'];

/** T with some fields narrowed; a narrowing that the document contradicts does not compile. */
type Narrow<T, N extends { [K in keyof N]: K extends keyof T ? T[K] : never }> = Omit<T, keyof N> & N;
export * from './types-search';

export type Role = 'owner' | 'admin' | 'member' | 'viewer' | 'billing_admin';

export type User = Schemas['AuthUser'];
export type Membership = Narrow<Schemas['AuthMyWorkspace'], { role: Role }>;
export type SignedIn = Schemas['AuthSignedIn'];
export type SignInOptions = Schemas['AuthSignInOptions'];
export type SignOn = Schemas['AuthSignOn'];
export type SignedOut = Schemas['AuthSignedOut'];
export type SecondFactor = Schemas['AuthSecondFactor'];
export type Enrolment = Schemas['AuthEnrolment'];
export type OwnPasskeys = Schemas['AuthOwnPasskeys'];
export type Passkey = Schemas['AuthPasskey'];
export type RecoveryCodes = Schemas['AuthRecoveryCodes'];
export type Me = Narrow<Schemas['AuthMe'], { workspaces: Membership[] }>;
export type Session = Schemas['AuthSession'];
export type Workspace = Narrow<Schemas['Workspace'], { role: Role }>;
export type DuplicatedTable = Schemas['DataopsDuplicated'];
export type Member = Narrow<Schemas['WorkspaceMember'], { role: Role }>;
export type Invitation = Narrow<Schemas['WorkspaceInvitation'], { role: Role }>;
export type InvitationInfo = Narrow<Schemas['WorkspacePublicInvitation'], { role: Role }>;
export type InvitationAccepted = Schemas['WorkspaceAccepted'];
export type ApiKey = Narrow<Schemas['AuthAPIKey'], { role: Role }>;
export type PermissionRule = Narrow<Schemas['WorkspacePermission'], { roles: Role[] }>;

export type ColumnType =
  | 'text'
  | 'long_text'
  | 'number'
  | 'currency'
  | 'percent'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'email'
  | 'url'
  | 'phone'
  | 'select'
  | 'multi_select'
  | 'user'
  | 'json'
  | 'created_at'
  | 'updated_at'
  | 'created_by'
  | 'updated_by'
  | 'row_id';

/** A cell's value as the API gives it; numbers of more than 15 digits come as strings and stay strings. */
export type CellValue = string | number | boolean | null | CellValue[] | { [key: string]: CellValue };
export type Cells = Record<string, CellValue>;

/** The id is empty for an option that the server is to make. */
export type SelectOption = Schemas['TableOption'];
/** An option as it is sent; a new one has no id yet. */
export type OptionDraft = Schemas['TableOptionInput'];
export type ColumnFormat = Schemas['TableNumberFormat'];
export type Column = Narrow<
  Schemas['TableColumn'],
  { type: ColumnType; kind: 'data' | 'enrichment' | 'formula' | 'lookup'; enrichment?: EnrichmentConfig }
> & { note?: ColumnNote };
/** What a column's header says beside its description; the interface makes it. */
export interface ColumnNote {
  text: string;
  problem: boolean;
}
export type FormulaFunction = Schemas['ExpressionFunction'];
export type Lookup = Schemas['TableLookup'];
export type LookupState = Schemas['TableLookupState'];
export type CheckedLookup = Schemas['TableCheckedLookup'];
export type CheckedFormula = Schemas['TableCheckedFormula'];
export type FormulaProblem = Schemas['TableFormulaError'];
export type SortKey = Schemas['TableSort'];
export type FilterOp =
  | 'is'
  | 'is_not'
  | 'contains'
  | 'contains_any'
  | 'not_contains'
  | 'starts_with'
  | 'ends_with'
  | 'empty'
  | 'not_empty'
  | 'lt'
  | 'lte'
  | 'gt'
  | 'gte'
  | 'between'
  | 'in'
  | 'relative'
  | 'state';
export interface Condition {
  column: string;
  op: FilterOp;
  value?: CellValue;
}
export type Filter = { and: Filter[] } | { or: Filter[] } | Condition;
export type Group = Schemas['TableGroup'];
export type GroupUnit = NonNullable<Group['unit']>;
export type Aggregate = Schemas['TableAggregate'];
export type AggregateFunc = Aggregate['of'];
export type ColourRule = Narrow<Schemas['TableColourRule'], { when: Filter }>;
export type RowGroup = Narrow<Schemas['GridRowGroup'], { value: CellValue; aggregates: CellValue[] }>;
export type RowGroups = Narrow<Schemas['GridGroups'], { groups: RowGroup[] | null }>;
export type ViewColumn = Schemas['TableViewColumn'];
export type RowHeight = NonNullable<Schemas['TableView']['row_height']>;
export type View = Narrow<Schemas['TableView'], { filter?: Filter; colours?: ColourRule[] | null }>;
export type ViewBody = Narrow<Schemas['TableViewBody'], { filter?: Filter; colours?: ColourRule[] | null }>;
export type TableSummary = Schemas['GridSummary'];
export type Table = Narrow<Schemas['Table'], { columns: Column[]; views: View[] | null }>;
export type Trash = Narrow<Schemas['TableTrash'], { columns: TrashedColumn[] | null }>;
export type TrashedColumn = Narrow<Schemas['TableTrashedColumn'], { column: Column }>;
export type CellStateName =
  | 'empty'
  | 'value'
  | 'queued'
  | 'running'
  | 'retrying'
  | 'rate_limited'
  | 'awaiting_callback'
  | 'error'
  | 'skipped'
  | 'stale'
  | 'not_found'
  | 'unverified';
type WireRow = Schemas['EnvelopeTableRow']['data'];
export type CellState = Narrow<NonNullable<WireRow['states']>[string], { state: CellStateName }>;
export type Row = Narrow<WireRow, { cells: Cells; states?: Record<string, CellState> }>;
export type ColumnSummary = Schemas['GridColumnSummary'];
export type Found = Narrow<Schemas['GridFound'], { hits: Narrow<Schemas['GridHit'], { columns: string[] }>[] }>;
export type ReplaceSample = Schemas['TableReplaceSample'];
export type ReplacedText = Narrow<
  Schemas['TableReplacedText'],
  { samples?: ReplaceSample[] | null; misfits?: ReplaceSample[] | null }
>;
export type RowOperation = Narrow<Schemas['TableRowOp'], { cells?: Cells }>;
export type BatchAnswer = Narrow<Schemas['TableBatchedRows'], { results: Schemas['TableRowResult'][] }>;
export type CellEdit = Narrow<Schemas['TableCellEdit'], { value: CellValue }>;
export type EditAnswer = Narrow<Schemas['TableEditedCells'], { results?: EditResult[] | null }>;
export type EditResult = Narrow<Schemas['TableEditResult'], { current?: CellValue }>;
export type Tick = Schemas['HistoryTick'];
export type Timeline = Narrow<Schemas['TableTimeline'], { ticks: Tick[] }>;
export type Difference = Narrow<Schemas['TableDifference'], { old: CellValue; new: CellValue }>;
export type DifferencesCount = Schemas['TableDifferencesCount'];
export type RestoredTo = Narrow<Schemas['TableRestoredTo'], { misfits?: RestoreRefusal[] | null }>;
export type RestoreRefusal = Narrow<Schemas['TableRestoreRefusal'], { was: CellValue }>;
export type HistoryEntry = Narrow<Schemas['HistoryEntry'], { value: CellValue; previous: CellValue }>;
export type UndoStep = Schemas['TableStepRecord'];
export type UndoStack = Narrow<Schemas['TableStack'], { undo: UndoStep[]; redo: UndoStep[] }>;
export type UndoAnswer = Schemas['TableUndone'];
export type ChangeTypeAnswer = Narrow<
  Schemas['TableChangedType'],
  {
    samples: Narrow<Schemas['TableSample'], { value: CellValue }>[] | null;
    read_as?: Narrow<Schemas['TableReadAs'], { value: CellValue; as: CellValue }>[] | null;
  }
>;

export type ImportState = Import['state'];
export type ImportColumn = Narrow<Schemas['DataopsFileColumn'], { suggested_type: ColumnType }>;
export type Import = Narrow<Schemas['DataopsSummary'], { columns: ImportColumn[] | null }>;
/** A file that is made of a table in the background. */
export type ExportedFile = Schemas['DataopsExport'];
export type Erasure = Schemas['Erasure'];
export type ErasurePlace = Schemas['ErasurePlace'];
export type PersonSought = Schemas['LookInBody'];
export type ImportMapping = Narrow<
  Schemas['DataopsMapping'],
  { new_column?: Narrow<Schemas['DataopsNewColumn'], { type: ColumnType }> }
>;

export type Cap = Schemas['CreditCap'];
export type Plans = Schemas['BillingPlans'];
export type Plan = Schemas['BillingPlan'];
export type BillingState = Schemas['BillingState'];
export type Bill = Schemas['BillingBill'];
export type SentToStripe = Schemas['BillingSent'];
export type CreditAccount = Schemas['CreditBalance'];
export type CreditTransaction = Schemas['CreditTransaction'];
export type CreditProof = Schemas['CreditProof'];

export type Credential = Schemas['Credential'];

export type ProviderField = Schemas['EnrichmentField'];
export type CredentialKind = Narrow<
  Schemas['EnrichmentCredentialKind'],
  { fields: Schemas['EnrichmentCredentialField'][]; hosts: string[] }
>;
export type Provider = Narrow<
  Schemas['EnrichmentProvider'],
  { inputs: ProviderField[]; outputs: ProviderField[]; credential?: CredentialKind }
>;
/** Exactly one of its fields is there. */
export type InputMapping = { column: string } | { value: string } | { template: string };
export type Validator = Schemas['EnrichmentValidator'];
export type EnrichmentStep = Narrow<
  Schemas['EnrichmentStep'],
  { inputs: Record<string, InputMapping>; config?: Cells }
>;
export type EnrichmentConfig = Narrow<Schemas['EnrichmentConfig'], { steps: EnrichmentStep[] }>;
export type Attempt = Schemas['EnrichmentAttempt'];
export type StoryStep = Schemas['EnrichmentStoryStep'];
export type Exchange = Schemas['EnrichmentExchange'];
export type NewOutput = Narrow<Schemas['EnrichmentNewOutput'], { type: ColumnType }>;
export type Fault = Schemas['Detail'];
export type PreviewAnswer = Narrow<Schemas['EnrichmentPreviewAnswer'], { value: CellValue; outputs: Cells }>;
export type Estimate = Schemas['EnrichmentEstimate'];
export type Tally = Narrow<Schemas['EnrichmentTally'], { steps: Schemas['EnrichmentStepTally'][] }>;
export type BacktestRow = Narrow<Schemas['EnrichmentBacktestRow'], { now: CellValue; then: CellValue }>;
export type Backtest = Narrow<
  Schemas['EnrichmentBacktestAnswer'],
  { now?: Tally; then: Tally; effects: Partial<Record<Effect, number>>; rows: BacktestRow[] }
>;
export type Preset = Narrow<
  Schemas['EnrichmentPreset'],
  { config: Record<string, CellValue>; example: CellValue; key: PresetKey }
>;
export type PresetKey = Narrow<Schemas['EnrichmentPresetKey'], { need: 'none' | 'optional' | 'required' }>;
export type SearchFilter = Schemas['EnrichmentSearchFilter'];
export type RowSearch = Narrow<
  Schemas['EnrichmentSearch'],
  { filters: SearchFilter[]; fields: ProviderField[]; keys: string[]; credential: CredentialKind }
>;
export type FindDefinition = Narrow<
  Schemas['FindDefinition'],
  { filters: Record<string, string[]>; targets: Schemas['FindTarget'][] }
>;
export type FindSource = FindDefinition & { id: string; updated_at: string };
export type FindPreview = Narrow<Schemas['FindPreviewed'], { rows: Cells[] | null }>;
export type FindRun = Schemas['Find'];
export type CrmObject = Narrow<Schemas['CrmObject'], { keys: Schemas['CrmKey'][] }>;
export type CrmVendor = Narrow<Schemas['CrmVendor'], { objects: CrmObject[]; limits: Schemas['CrmLimit'][] }>;
export type CrmConnection = Schemas['CrmConnection'];
export type CrmField = Schemas['CrmField'];
export type CrmMapping = Schemas['CrmMapping'];
export type SyncDefinition = Narrow<
  Schemas['CrmDefinition'],
  { keys: Schemas['CrmMatch'][]; mappings: Schemas['CrmMapping'][] }
>;
export type Sync = SyncDefinition & { id: string; open_conflicts: number; updated_at: string; next_pull_at?: string };
export type SyncRun = Schemas['CrmRun'];
export type SyncDispute = Schemas['CrmDispute'];
export type SyncRecord = Narrow<
  Schemas['CrmRecord'],
  { changes: Schemas['CrmChange'][]; disputes?: Schemas['CrmDispute'][] }
>;
export type SyncConflict = Narrow<Schemas['CrmConflict'], { fields: string[]; disputes: Schemas['CrmDispute'][] }>;
export type Drift = Schemas['EnrichmentDrift'];
export type Effect = 'same' | 'changed' | 'gained' | 'lost' | 'edited' | 'unknown';
export type JobAction = 'cancel' | 'pause' | 'resume' | 'retry';
export type JobState = NonNullable<Schemas['EnrichmentJob']['state']>;
/** A run as it is kept; only an estimate, which is not kept, has neither id nor state. */
export type Job = Narrow<Schemas['EnrichmentJob'], { id: string; state: JobState; created_at: string }>;
export type RunScope = NonNullable<Schemas['StartInBody']['scope']>;
export type RunRequest = Narrow<Schemas['StartInBody'], { columns: string[]; filter?: Filter }>;
export type JobFigures = Schemas['EnrichmentFigures'];
export type JobRecord = Narrow<Schemas['EnrichmentRecord'], { answer: CellValue; input: Cells | null }>;

export type Projection = Schemas['OperationProjection'];
export type OperationJob = Schemas['OperationJob'];
export type Backup = Schemas['OperationBackup'];
export type BackupStatus = Narrow<Schemas['OperationBackupStatus'], { backups: Backup[] }>;
export type DeadLetter = Schemas['OperationDeadLetterView'];
export type ActivityLine = Schemas['AuditActivity'];
export type AuditLine = Schemas['Audit'];

export type CommentPerson = Schemas['CommentPerson'];
export type RowComment = Narrow<Schemas['Comment'], { mentions: CommentPerson[] }>;
export type CommentThread = Narrow<Schemas['CommentThread'], { comments: RowComment[] }>;
export type CommentMark = Schemas['CommentMark'];
export type Mention = Narrow<Schemas['CommentMention'], { comment: RowComment }>;
export type UnreadMentions = Schemas['CommentUnread'];
