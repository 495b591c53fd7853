import { describe, expect, it } from 'vitest';
import { linkTo } from './cell-link';

const place = { workspaceId: 'ws_1', tableId: 'tbl_1', viewId: 'viw_1', rowId: 'row_1', columnId: 'col_1' };

describe('a link', () => {
  it('names view, row and cell', () => {
    expect(linkTo(place, 'https://m.test')).toBe('https://m.test/w/ws_1/tables/tbl_1?view=viw_1&row=row_1&cell=col_1');
  });
  it('names what there is', () => {
    expect(linkTo({ workspaceId: 'ws_1', tableId: 'tbl_1', viewId: null, columnId: 'col_1' }, '')).toBe(
      '/w/ws_1/tables/tbl_1',
    );
  });
});
