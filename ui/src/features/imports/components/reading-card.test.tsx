import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';
import type { Import } from '@/api/types';
import { ReadingCard } from './reading-card';

const workbook = {
  filename: 'leads.xlsx',
  size: 2048,
  file_rows: 3,
  detected: { format: 'xlsx', encoding: 'utf-8', header: true, header_line: 3, sheet: 'Leads' },
  sheets: [{ name: 'Leads' }, { name: 'Old leads', hidden: true }],
  notices: [{ code: 'sheets', message: 'the workbook has 2 sheets' }],
} as unknown as Import;

it('lets a sheet of a workbook be chosen', async () => {
  const changed = vi.fn();
  render(<ReadingCard file={workbook} busy={false} onChange={changed} />);
  await userEvent.selectOptions(screen.getByLabelText('Sheet'), 'Old leads (hidden)');
  expect(changed).toHaveBeenCalledWith({ sheet: 'Old leads' });
  expect(screen.getByLabelText('Header row')).toHaveValue('3');
  expect(screen.queryByLabelText('Encoding')).toBeNull();
  expect(screen.getByText('The workbook has 2 sheets.')).toBeVisible();
});

it('asks for no separator and no header of JSON', () => {
  const json = { ...workbook, detected: { format: 'json', encoding: 'utf-8', header: true }, sheets: undefined };
  render(<ReadingCard file={json as unknown as Import} busy={false} onChange={vi.fn()} />);
  expect(screen.getByLabelText('Encoding')).toBeVisible();
  expect(screen.queryByLabelText('Sheet')).toBeNull();
  expect(screen.queryByLabelText('Separator')).toBeNull();
  expect(screen.queryByRole('checkbox')).toBeNull();
});
