import { Field, Textarea } from '@/components/field';

/** The hosts in a text: one a line, or with commas or spaces between them. */
export function hostsOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

/** Asks for the hosts that a credential may be sent to. */
export function HostsField({
  value,
  onChange,
  usual = [],
}: {
  value: string;
  onChange: (text: string) => void;
  /** The vendor's own, which hold where none are given. */
  usual?: string[];
}) {
  return (
    <Field
      label="Hosts"
      optional={usual.length > 0}
      hint="One per line, such as api.example.com, or *.example.com for all below it. The secret is sent to no other, and by https only."
    >
      {(ids) => (
        <Textarea
          {...ids}
          rows={3}
          spellCheck={false}
          autoCapitalize="off"
          className="font-mono"
          placeholder={usual.join('\n') || 'api.example.com'}
          value={value}
          onChange={(e) => onChange(e.target.value)}
        />
      )}
    </Field>
  );
}
