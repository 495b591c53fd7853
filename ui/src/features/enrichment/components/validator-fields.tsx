import type { Validator } from '@/api/types';
import { Checkbox, Field, Input, Select } from '@/components/field';
import { NumberInput } from '@/grid/typed-input';

/** When the answer of a step counts; an answer that does not is passed over and costs nothing. */
export function ValidatorFields({ validator, onChange }: { validator: Validator; onChange: (v: Validator) => void }) {
  const set = (key: keyof Validator, value: string | number | boolean | null): void => {
    const rest = Object.fromEntries(Object.entries(validator).filter(([k]) => k !== key)) as Validator;
    onChange(value === null || value === '' || value === false ? rest : { ...rest, [key]: value });
  };
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-semibold">Accept an answer only if</legend>
      <Checkbox
        label="it is not empty"
        checked={validator.not_empty ?? false}
        onChange={(e) => set('not_empty', e.target.checked)}
      />
      <Checkbox
        label="it is verified: DNS, a page, another provider or what was asked says the same"
        checked={validator.verified ?? false}
        onChange={(e) => set('verified', e.target.checked)}
      />
      <div className="grid gap-3 sm:grid-cols-3">
        <Field label="Valid as" optional>
          {(ids) => (
            <Select {...ids} value={validator.type ?? ''} onChange={(e) => set('type', e.target.value)}>
              <option value="">anything</option>
              <option value="email">an email address</option>
              <option value="url">a link</option>
              <option value="phone">a phone number</option>
              <option value="domain">a domain</option>
              <option value="number">a number</option>
              <option value="boolean">yes or no</option>
              <option value="date">a date</option>
            </Select>
          )}
        </Field>
        <Field label="Matches the pattern" optional>
          {(ids) => (
            <Input
              {...ids}
              className="font-mono !text-sm"
              placeholder="^[^@]+@"
              value={validator.pattern ?? ''}
              onChange={(e) => set('pattern', e.target.value)}
            />
          )}
        </Field>
        <Field label="Confidence at least (%)" optional>
          {(ids) => (
            <NumberInput
              {...ids}
              min={0}
              max={100}
              value={validator.min_confidence == null ? null : Math.round(validator.min_confidence * 10_000) / 100}
              onChange={(percent) => set('min_confidence', percent === null ? null : percent / 100)}
            />
          )}
        </Field>
      </div>
    </fieldset>
  );
}
