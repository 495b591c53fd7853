import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { describe, expect, it } from 'vitest';
import type { Column } from '@/api/types';
import { ColumnText } from './column-text';

const columns = ['Email', 'Company', 'Company domain'].map((name, i): Column => ({
  id: `c${String(i)}`,
  name,
  type: 'text',
  kind: 'data',
  created_at: '',
}));

function Field() {
  const [text, setText] = useState('');
  return <ColumnText aria-label="Text" columns={columns} value={text} onChange={setText} />;
}
const field = (): HTMLInputElement => screen.getByLabelText('Text');
const options = (): string[] => screen.queryAllByRole('option').map((o) => o.textContent);

describe('a text with columns', () => {
  it('is completed with the keyboard', async () => {
    render(<Field />);
    await userEvent.type(field(), 'a {{{{comp');
    expect(options()).toEqual(['Company', 'Company domain']);
    await userEvent.keyboard('{ArrowDown}');
    expect(screen.getByRole('option', { selected: true })).toHaveTextContent('Company domain');
    await userEvent.keyboard('{Enter}');
    expect(field()).toHaveValue('a {{Company domain}}');
    expect(field().selectionStart).toBe(20);
    expect(options()).toEqual([]);
    await userEvent.keyboard(' x');
    expect(field()).toHaveValue('a {{Company domain}} x');
  });
  it('is completed with the mouse and keeps the focus', async () => {
    render(<Field />);
    await userEvent.type(field(), '{{{{');
    await userEvent.click(screen.getByRole('option', { name: 'Email' }));
    expect(field()).toHaveValue('{{Email}}');
    expect(field()).toHaveFocus();
  });
  it('closes its list by Escape and leaves the text', async () => {
    render(<Field />);
    await userEvent.type(field(), '{{{{em{Escape}');
    expect(options()).toEqual([]);
    expect(field()).toHaveValue('{{em');
  });
});
