import { CircleAlert, CircleCheck, Info, X } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { dismiss, toasts, type Toast } from '@/lib/toasts';
import { Button, IconButton } from './button';
import { Shown } from './shown';

const icons = {
  info: <Info size={16} className="mt-0.5 shrink-0 text-primary-ink" />,
  success: <CircleCheck size={16} className="mt-0.5 shrink-0 text-success-ink" />,
  error: <CircleAlert size={16} className="mt-0.5 shrink-0 text-danger-ink" />,
};

export function Toaster() {
  const list = useSyncExternalStore(toasts.subscribe, toasts.get);
  return (
    <div
      aria-live="polite"
      aria-label="Notifications"
      role="region"
      className="pointer-events-none fixed right-4 bottom-12 z-[60] flex w-[360px] max-w-[calc(100vw-32px)] flex-col gap-2"
    >
      {list.map((t) => (
        <ToastCard key={t.id} toast={t} />
      ))}
    </div>
  );
}

function ToastCard({ toast }: { toast: Toast }) {
  return (
    <div
      role={toast.kind === 'error' ? 'alert' : 'status'}
      className="pointer-events-auto flex items-start gap-2.5 rounded-lg border border-line bg-raised py-2.5 pr-2 pl-3 shadow-lg [animation:rise_140ms_ease-out]"
    >
      {icons[toast.kind]}
      <p className="min-w-0 flex-1 text-base break-words">
        <Shown text={toast.text} />
      </p>
      {toast.action && (
        <Button
          size="sm"
          variant="ghost"
          className="-my-1 text-primary-ink"
          onClick={() => {
            toast.action?.run();
            dismiss(toast.id);
          }}
        >
          {toast.action.label}
        </Button>
      )}
      <IconButton label="Dismiss" size="sm" className="-my-0.5" onClick={() => dismiss(toast.id)}>
        <X size={14} />
      </IconButton>
    </div>
  );
}
