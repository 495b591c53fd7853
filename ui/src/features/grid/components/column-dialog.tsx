import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import type { Column, OptionDraft, Table } from '@/api/types';
import { Button, IconButton } from '@/components/button';
import { Dialog, DialogActions } from '@/components/dialog';
import { Field, Input, Select, Textarea } from '@/components/field';
import { CurrencySelect, FormFields, hasForm, type ColumnForm } from '@/grid/form-fields';
import { isNumeric } from '@/grid/model';
import { NumberInput } from '@/grid/typed-input';
import { SOFT, softOf } from '@/lib/colors';
import { tableChanged, updateColumn } from '../api/table';

/** Name, description and the settings of a column's type. */
export function ColumnDialog({
  workspaceId: ws,
  table,
  column,
  onClose,
}: {
  workspaceId: string;
  table: Table;
  column: Column;
  onClose: () => void;
}) {
  const [name, setName] = useState(column.name);
  const [description, setDescription] = useState(column.description ?? '');
  const [options, setOptions] = useState<OptionDraft[]>(column.options ?? []);
  const [decimals, setDecimals] = useState(column.format?.decimals ?? null);
  const [currency, setCurrency] = useState(column.format?.currency ?? 'USD');
  const [form, setForm] = useState<ColumnForm>(column.form ?? {});
  const client = useQueryClient();
  const hasOptions = column.type === 'select' || column.type === 'multi_select';
  const isNumber = isNumeric(column.type);
  const save = useMutation({
    mutationFn: () =>
      updateColumn(ws, table.id, column.id, {
        name: name.trim(),
        description: description.trim(),
        ...(hasForm(column.type) ? { form } : {}),
        ...(hasOptions ? { options: options.filter((o) => o.name.trim()) } : {}),
        ...(isNumber
          ? {
              format: {
                ...(decimals !== null ? { decimals } : {}),
                ...(column.type === 'currency' ? { currency } : {}),
              },
            }
          : {}),
      }),
    onSuccess: async () => {
      await tableChanged(client, ws, table.id);
      onClose();
    },
  });
  return (
    <Dialog
      title="Edit column"
      onClose={onClose}
      footer={
        <DialogActions onCancel={onClose} onSubmit={() => save.mutate()} busy={save.isPending} disabled={!name.trim()}>
          Save
        </DialogActions>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(e) => {
          e.preventDefault();
          save.mutate();
        }}
      >
        <Field label="Name">
          {(ids) => (
            <Input
              {...ids}
              value={name}
              maxLength={100}
              autoFocus
              onFocus={(e) => e.target.select()}
              onChange={(e) => setName(e.target.value)}
            />
          )}
        </Field>
        <Field label="Description" optional>
          {(ids) => <Textarea {...ids} value={description} rows={2} onChange={(e) => setDescription(e.target.value)} />}
        </Field>
        {isNumber && (
          <div className="flex gap-3">
            <Field label="Decimals" optional className="flex-1">
              {(ids) => (
                <NumberInput
                  {...ids}
                  whole
                  min={0}
                  max={10}
                  value={decimals}
                  onChange={setDecimals}
                  placeholder="as entered"
                />
              )}
            </Field>
            {column.type === 'currency' && (
              <Field label="Currency" className="flex-1">
                {(ids) => <CurrencySelect {...ids} value={currency} onChange={setCurrency} />}
              </Field>
            )}
          </div>
        )}
        <FormFields type={column.type} form={form} onChange={setForm} />
        {hasOptions && <OptionsField options={options} onChange={setOptions} />}
      </form>
    </Dialog>
  );
}

function OptionsField({ options, onChange }: { options: OptionDraft[]; onChange: (o: OptionDraft[]) => void }) {
  const replace = (i: number, o: OptionDraft): void => onChange(options.map((x, n) => (n === i ? o : x)));
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="mb-1 text-sm font-medium text-ink-2">Options</legend>
      {options.map((o, i) => {
        const soft = softOf(o.name, o.color);
        return (
          <div key={o.id ?? i} className="flex items-center gap-2">
            <span
              aria-hidden
              className="size-5 shrink-0 rounded-md"
              style={{ background: `var(--soft-${soft})`, boxShadow: `inset 0 0 0 1px var(--soft-${soft}-ink)` }}
            />
            <Input
              aria-label={`Option ${String(i + 1)}`}
              value={o.name}
              onChange={(e) => replace(i, { ...o, name: e.target.value })}
            />
            <Select
              aria-label={`Colour of option ${String(i + 1)}`}
              className="!w-28"
              value={soft}
              onChange={(e) => replace(i, { ...o, color: e.target.value })}
            >
              {SOFT.map((c) => (
                <option key={c}>{c}</option>
              ))}
            </Select>
            <IconButton
              label={`Remove option ${o.name}`}
              size="sm"
              onClick={() => onChange(options.filter((_, n) => n !== i))}
            >
              <X size={14} />
            </IconButton>
          </div>
        );
      })}
      <div>
        <Button
          size="sm"
          variant="ghost"
          icon={<Plus size={14} />}
          onClick={() => onChange([...options, { name: '' }])}
        >
          Add option
        </Button>
      </div>
    </fieldset>
  );
}
