import { Field, Textarea } from '@/components/field';

/** The hosts in a text: one a line, or with commas or spaces between them. */
export function hostsOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

/** Asks for the hosts that a credential may be sent to. */
export function HostsField({ value, onChange }: { value: string; onChange: (text: string) => void }) {
  return (
    <Field
      label="Hosts"
      hint="One per line, such as api.example.com, or *.example.com for all below it. The secret is sent to no other, and by https only."
    >
      {(ids) => (
        <Textarea
          {...ids}
          rows={3}
          spellCheck={false}
          autoCapitalize="off"
          className="font-mono"
          placeholder="api.example.com"
          value={value}
          onChange={(e) => onChange(e.target.value)}
        />
      )}
    </Field>
  );
}
