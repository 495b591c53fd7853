import type { Validator } from '@/api/types';
import { Checkbox, Field, Input, Select } from '@/components/field';
import { NumberInput } from '@/grid/typed-input';
import { useFault } from '../faults';

/** When the answer of a step counts; an answer that does not is passed over and costs nothing. */
export function ValidatorFields({ validator, onChange }: { validator: Validator; onChange: (v: Validator) => void }) {
  const set = (key: keyof Validator, value: string | number | boolean | null): void => {
    const rest = Object.fromEntries(Object.entries(validator).filter(([k]) => k !== key)) as Validator;
    onChange(value === null || value === '' || value === false ? rest : { ...rest, [key]: value });
  };
  const fault = useFault('validator.pattern');
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 text-sm font-semibold">Accept an answer only if</legend>
      <Checkbox
        label="Not empty"
        checked={validator.not_empty ?? false}
        onChange={(e) => set('not_empty', e.target.checked)}
      />
      <Checkbox
        label="Verified: DNS, a page, another provider or the input says the same"
        checked={validator.verified ?? false}
        onChange={(e) => set('verified', e.target.checked)}
      />
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="Valid" optional>
          {(ids) => (
            <Select {...ids} value={validator.type ?? ''} onChange={(e) => set('type', e.target.value)}>
              <option value="">Any value</option>
              <option value="email">Email address</option>
              <option value="url">Link</option>
              <option value="phone">Phone number</option>
              <option value="domain">Domain</option>
              <option value="number">Number</option>
              <option value="boolean">Yes or no</option>
              <option value="date">Date</option>
            </Select>
          )}
        </Field>
        <Field label="Matches pattern" optional error={fault}>
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
        <Field label="Confidence ≥ (%)" optional>
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
