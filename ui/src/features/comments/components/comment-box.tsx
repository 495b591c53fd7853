import { useQuery } from '@tanstack/react-query';
import { useId, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import { messageOf } from '@/api/errors';
import { peopleQuery } from '@/api/comments';
import type { CommentPerson, Member } from '@/api/types';
import { Avatar } from '@/components/avatar';
import { Button } from '@/components/button';
import { Textarea } from '@/components/field';
import { cx } from '@/lib/cx';
import { sent, suggested, typedName } from '../text';

export interface CommentBoxProps {
  workspaceId: string;
  label: string;
  action: string;
  /** The text to begin with, with names, and the people in it. */
  initial?: { text: string; people: CommentPerson[] };
  autoFocus?: boolean;
  onSend: (text: string) => Promise<void>;
  onCancel?: () => void;
}

/** Most characters of a comment; the server's limit is of the text with ids, which are longer than names. */
const MAX_TEXT = 2000;

/** A text in which @ and the beginning of a name mention a member; Ctrl+Enter sends it. */
export function CommentBox({ workspaceId, label, action, initial, autoFocus, onSend, onCancel }: CommentBoxProps) {
  const { data: members } = useQuery(peopleQuery(workspaceId));
  const [text, setText] = useState(initial?.text ?? '');
  const [chosen, setChosen] = useState<CommentPerson[]>(initial?.people ?? []);
  const [typed, setTyped] = useState<{ from: number; name: string } | null>(null);
  const [at, setAt] = useState(0);
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  const caret = useRef<number | null>(null);
  // With the text, before another key can come between: what is typed on goes behind the name.
  useLayoutEffect(() => {
    if (caret.current !== null) field.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  }, [text]);
  const list = useId();
  const offered = typed && members ? suggested(members, typed.name) : [];

  const choose = (m: Member): void => {
    if (!typed) return;
    const after = text.slice(typed.from + 1 + typed.name.length);
    const next = `${text.slice(0, typed.from)}@${m.name} `;
    setText(next + after.trimStart());
    setChosen((before) => [...before, { user_id: m.user_id, name: m.name }]);
    setTyped(null);
    caret.current = next.length;
    field.current?.focus();
  };
  const send = async (): Promise<void> => {
    if (busy || text.trim() === '') return;
    setBusy(true);
    try {
      await onSend(sent(text, chosen));
      setText('');
      setChosen([]);
      setFault('');
    } catch (e) {
      setFault(messageOf(e));
    }
    setBusy(false);
  };
  const key = (e: KeyboardEvent): void => {
    const member = offered[at];
    if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) void send();
    else if (member && (e.key === 'Enter' || e.key === 'Tab')) choose(member);
    else if (member && e.key === 'ArrowDown') setAt((at + 1) % offered.length);
    else if (member && e.key === 'ArrowUp') setAt((at + offered.length - 1) % offered.length);
    else if (e.key === 'Escape' && member) setTyped(null);
    else if (e.key === 'Escape' && onCancel) onCancel();
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    <div className="relative flex flex-col gap-2">
      <Textarea
        ref={field}
        rows={text.includes('\n') || text.length > 60 ? 4 : 2}
        autoFocus={autoFocus}
        aria-label={label}
        placeholder={`${label} · @ mentions someone`}
        maxLength={MAX_TEXT}
        value={text}
        aria-controls={offered.length > 0 ? list : undefined}
        aria-autocomplete="list"
        aria-activedescendant={offered[at] ? `${list}-${String(at)}` : undefined}
        aria-invalid={fault ? true : undefined}
        onChange={(e) => {
          setText(e.target.value);
          setTyped(typedName(e.target.value, e.target.selectionStart));
          setAt(0);
        }}
        onBlur={() => setTyped(null)}
        onKeyDown={key}
      />
      {offered.length > 0 && (
        <ul
          id={list}
          role="listbox"
          aria-label="Members"
          className="absolute top-full z-10 -mt-9 w-full max-w-72 rounded-md border border-line bg-raised p-1 shadow-lg"
        >
          {offered.map((m, i) => (
            <li
              key={m.user_id}
              id={`${list}-${String(i)}`}
              role="option"
              aria-selected={i === at}
              onMouseMove={() => setAt(i)}
              onMouseDown={(e) => {
                e.preventDefault();
                choose(m);
              }}
              className={cx(
                'flex h-8 cursor-pointer items-center gap-2 rounded-md px-2',
                i === at && 'bg-primary-soft text-primary-ink',
              )}
            >
              <Avatar name={m.name} size={20} />
              <span className="min-w-0 flex-1 truncate">{m.name}</span>
              <span className="max-w-32 truncate text-xs text-ink-3">{m.email}</span>
            </li>
          ))}
        </ul>
      )}
      {fault && (
        <p role="alert" className="text-sm text-danger-ink">
          {fault}
        </p>
      )}
      <div className="flex justify-end gap-2">
        {onCancel && (
          <Button size="sm" onClick={onCancel}>
            Cancel
          </Button>
        )}
        <Button
          size="sm"
          variant="primary"
          busy={busy}
          disabled={busy || text.trim() === ''}
          onClick={() => void send()}
          title="Ctrl+Enter"
        >
          {action}
        </Button>
      </div>
    </div>
  );
}
