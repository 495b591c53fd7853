import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Sparkles, SquareFunction, TextSearch } from 'lucide-react';
import { useState } from 'react';
import type { ColumnType, Table } from '@/api/types';
import { Button } from '@/components/button';
import { Field, Input } from '@/components/field';
import { Popover } from '@/components/popover';
import type { Anchor } from '@/grid/events';
import { addColumn, tableChanged } from '../api/table';
import { freeName } from '../free-name';
import { COLUMN_TYPES } from '@/grid/column-types';
import { CurrencySelect, FormFields, formLike, hasForm, type ColumnForm } from '@/grid/form-fields';
import { TypePicker } from './type-picker';

const TYPES = COLUMN_TYPES.map((t) => t.type);

export interface AddColumnProps {
  workspaceId: string;
  table: Table;
  anchor: Anchor;
  after?: string;
  onEnrichment: () => void;
  onFormula: () => void;
  onLookup: () => void;
  onAdded: (columnId: string) => void;
  onClose: () => void;
}

export function AddColumnPopover({
  workspaceId: ws,
  table,
  anchor,
  after,
  onEnrichment,
  onFormula,
  onLookup,
  onAdded,
  onClose,
}: AddColumnProps) {
  const [name, setName] = useState('');
  const [type, setType] = useState<ColumnType>('text');
  const [chosen, setChosen] = useState<{ form?: ColumnForm; currency?: string }>({});
  const like = formLike(table.columns, type);
  const form = chosen.form ?? like.form;
  const currency = chosen.currency ?? like.currency;
  const client = useQueryClient();
  const add = useMutation({
    mutationFn: () =>
      addColumn(ws, table.id, {
        name: name.trim() || suggested(table, type),
        type,
        ...(hasForm(type) ? { form } : {}),
        ...(type === 'currency' ? { format: { currency } } : {}),
        ...(after ? { after } : {}),
      }),
    onSuccess: async (column) => {
      await tableChanged(client, ws, table.id);
      onAdded(column.id);
      onClose();
    },
  });
  return (
    <Popover anchor={anchor} label="Add a column" onClose={onClose} align="end" className="w-80">
      <form
        className="flex flex-col gap-3 p-3"
        onSubmit={(e) => {
          e.preventDefault();
          add.mutate();
        }}
      >
        <button
          type="button"
          onClick={onEnrichment}
          className="flex items-center gap-2.5 rounded-md bg-primary-soft px-2.5 py-2 text-left text-primary-ink hover:brightness-95"
        >
          <Sparkles size={16} />
          <span>
            <span className="block font-medium">Enrichment</span>
            <span className="block text-sm">Ask providers to fill the column</span>
          </span>
        </button>
        <button
          type="button"
          onClick={onFormula}
          className="flex items-center gap-2.5 rounded-md bg-sunken px-2.5 py-2 text-left hover:bg-active"
        >
          <SquareFunction size={16} />
          <span>
            <span className="block font-medium">Formula</span>
            <span className="block text-sm text-ink-2">Compute it from the row’s other cells</span>
          </span>
        </button>
        <button
          type="button"
          onClick={onLookup}
          className="flex items-center gap-2.5 rounded-md bg-sunken px-2.5 py-2 text-left hover:bg-active"
        >
          <TextSearch size={16} />
          <span>
            <span className="block font-medium">Lookup</span>
            <span className="block text-sm text-ink-2">Find it in another table by a key</span>
          </span>
        </button>
        <Field label="Name">
          {(ids) => (
            <Input
              {...ids}
              data-autofocus
              value={name}
              maxLength={100}
              placeholder={suggested(table, type)}
              onChange={(e) => setName(e.target.value)}
            />
          )}
        </Field>
        <TypePicker
          types={TYPES}
          value={type}
          onChange={(t) => {
            setType(t);
            setChosen({});
          }}
        />
        {type === 'currency' && (
          <Field label="Currency">
            {(ids) => (
              <CurrencySelect {...ids} value={currency} onChange={(c) => setChosen({ ...chosen, currency: c })} />
            )}
          </Field>
        )}
        <FormFields type={type} form={form} onChange={(f) => setChosen({ ...chosen, form: f })} />
        <Button type="submit" variant="primary" busy={add.isPending}>
          Add column
        </Button>
      </form>
    </Popover>
  );
}

function suggested(table: Table, type: ColumnType): string {
  return freeName(table, COLUMN_TYPES.find((t) => t.type === type)?.label ?? 'Column');
}
