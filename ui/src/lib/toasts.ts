import { Observable } from './emitter';

export interface Toast {
  id: number;
  kind: 'info' | 'success' | 'error';
  text: string;
  action?: { label: string; run: () => void };
}

const MOST = 5;
const STAYS_MS = 5_000;
let next = 1;

/** The notes at the corner of the screen: five at most; errors stay until they are dismissed, the rest five seconds. */
export const toasts = new Observable<Toast[]>([]);

export function dismiss(id: number): void {
  toasts.set(toasts.get().filter((t) => t.id !== id));
}
function show(kind: Toast['kind'], text: string, action?: Toast['action']): void {
  const twin = toasts.get().find((t) => t.kind === kind && t.text === text);
  if (twin) dismiss(twin.id);
  const toast: Toast = action ? { id: next++, kind, text, action } : { id: next++, kind, text };
  toasts.set([...toasts.get(), toast].slice(-MOST));
  if (kind !== 'error') setTimeout(() => dismiss(toast.id), STAYS_MS);
}
export const toast = {
  info: (text: string, action?: Toast['action']): void => show('info', text, action),
  success: (text: string, action?: Toast['action']): void => show('success', text, action),
  error: (text: string, action?: Toast['action']): void => show('error', text, action),
};
