import { useState, type SyntheticEvent } from 'react';
import type { z } from 'zod';
import { ApiError, messageOf } from './errors';

export interface Form<T> {
  busy: boolean;
  error: string | null;
  errorOf: (field: keyof T & string) => string | undefined;
  submit: (e: SyntheticEvent<HTMLFormElement>) => void;
}

/** Checks a form against its schema, sends it, and puts the server's field errors beside their fields. */
export function useForm<T>(schema: z.ZodType<T>, send: (values: T) => Promise<void>): Form<T> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [fields, setFields] = useState<Record<string, string>>({});

  const run = async (values: unknown): Promise<void> => {
    setError(null);
    const parsed = schema.safeParse(values);
    if (!parsed.success) {
      setFields(Object.fromEntries(parsed.error.issues.reverse().map((i) => [i.path.join('.'), i.message])));
      return;
    }
    setFields({});
    setBusy(true);
    try {
      await send(parsed.data);
    } catch (e) {
      const details = e instanceof ApiError ? e.details.filter((d) => d.field) : [];
      setFields(Object.fromEntries(details.map((d) => [(d.field ?? '').replace(/^body\./, ''), d.message])));
      setError(details.length ? null : messageOf(e));
    } finally {
      setBusy(false);
    }
  };
  return {
    busy,
    error,
    errorOf: (field) => fields[field],
    submit: (e) => {
      e.preventDefault();
      void run(Object.fromEntries(new FormData(e.currentTarget)));
    },
  };
}
