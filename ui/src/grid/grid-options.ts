import {
  CellStyleModule,
  ColumnApiModule,
  ColumnAutoSizeModule,
  CustomEditorModule,
  EventApiModule,
  InfiniteRowModelModule,
  ModuleRegistry,
  RenderApiModule,
  RowApiModule,
  ScrollApiModule,
  type GridOptions,
  type SuppressKeyboardEventParams,
} from 'ag-grid-community';
import type { GridContext } from './context';
import { defaultColDef } from './columns';
import type { GridRow } from './model';
import { gridTheme } from './theme';

ModuleRegistry.registerModules([
  InfiniteRowModelModule,
  CustomEditorModule,
  CellStyleModule,
  ColumnApiModule,
  ColumnAutoSizeModule,
  RowApiModule,
  ScrollApiModule,
  RenderApiModule,
  EventApiModule,
]);

/** The width that grid.css gives scrollbars, where the browser lets it. */
const SCROLLBAR = 12;

/** Rows per window asked from the server. */
export const BLOCK_ROWS = 100;

export function gridOptions(
  context: GridContext,
  rows: number,
  takeKey: (e: SuppressKeyboardEventParams<GridRow>) => boolean,
): GridOptions<GridRow> {
  return {
    theme: gridTheme,
    rowModelType: 'infinite',
    context,
    getRowId: ({ data }) => data.id,
    cacheBlockSize: BLOCK_ROWS,
    maxBlocksInCache: 80,
    maxConcurrentDatasourceRequests: 2,
    blockLoadDebounceMillis: 40,
    cacheOverflowSize: 1,
    infiniteInitialRowCount: rows,
    rowBuffer: 12,
    defaultColDef: { ...defaultColDef, suppressKeyboardEvent: takeKey },
    readOnlyEdit: true,
    enterNavigatesVerticallyAfterEdit: true,
    stopEditingWhenCellsLoseFocus: true,
    suppressColumnMoveAnimation: true,
    suppressRowHoverHighlight: false,
    suppressDragLeaveHidesColumns: true,
    suppressNoRowsOverlay: true,
    suppressMultiSort: true,
    animateRows: false,
    columnMenu: 'new',
    ensureDomOrder: false,
    tabIndex: 0,
    ...(CSS.supports('selector(::-webkit-scrollbar)') ? { scrollbarWidth: SCROLLBAR } : {}),
  };
}
