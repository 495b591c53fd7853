import { Copy } from 'lucide-react';
import type { CellValue, Exchange } from '@/api/types';
import { curlOf } from '@/lib/curl';
import { milliseconds } from '@/lib/format';
import { toast } from '@/lib/toasts';
import { IconButton } from './button';
import { JsonTree, type Pick } from './json-tree';
import { Shown } from './shown';
import { Badge, type Tone } from './states';

function toneOf(status: number | undefined): Tone {
  if (!status || status >= 500) return 'danger';
  return status >= 400 ? 'warning' : status >= 300 ? 'neutral' : 'success';
}

function parsed(x: Exchange): CellValue | undefined {
  if (x.cut || !x.body) return undefined;
  try {
    return JSON.parse(x.body) as CellValue;
  } catch {
    return undefined;
  }
}

/** One HTTP request of a step and its answer; what may be secret was left out by the server. */
export function ExchangeView({ exchange: x, onPick }: { exchange: Exchange; onPick?: Pick | undefined }) {
  const json = parsed(x);
  const copy = (): void => {
    navigator.clipboard.writeText(curlOf(x)).then(
      () => toast.success('Copied as curl'),
      () => toast.error('The browser does not let this page write to the clipboard'),
    );
  };
  return (
    <div className="rounded-md border border-line bg-surface">
      <div className="flex items-center gap-2 px-2 py-1">
        <Badge tone={toneOf(x.status)}>{x.status ? `HTTP ${String(x.status)}` : 'No answer'}</Badge>
        <span className="min-w-0 flex-1 truncate font-mono text-xs" title={x.url}>
          {x.method} <Shown text={x.url} />
        </span>
        <span className="tnum shrink-0 text-xs text-ink-3">{milliseconds(x.latency_ms)}</span>
        <IconButton label="Copy as curl" size="sm" onClick={copy}>
          <Copy size={13} />
        </IconButton>
      </div>
      {x.error && <p className="px-2 pb-1 text-sm text-danger-ink">{x.error}</p>}
      <Part title="Request">
        {Object.entries(x.headers ?? {}).map(([name, value]) => (
          <p key={name} className="font-mono text-xs text-ink-2">
            {name}: <Shown text={value} />
          </p>
        ))}
        {x.request && <Text text={x.request} />}
      </Part>
      {x.body && (
        <Part
          title={`Answer${x.content_type ? ` · ${x.content_type.split(';')[0] ?? ''}` : ''}`}
          open={Boolean(onPick)}
        >
          {json === undefined ? <Text text={x.body} /> : <JsonTree value={json} onPick={onPick} />}
          {x.cut && <p className="text-xs text-ink-3">The rest of the answer is not kept.</p>}
        </Part>
      )}
    </div>
  );
}

function Part({ title, open, children }: { title: string; open?: boolean; children: React.ReactNode }) {
  return (
    <details open={open} className="border-t border-line px-2 py-1">
      <summary className="cursor-pointer text-xs font-medium text-ink-3">{title}</summary>
      <div className="max-h-72 overflow-auto py-1">{children}</div>
    </details>
  );
}

function Text({ text }: { text: string }) {
  return (
    <pre className="font-mono text-xs break-all whitespace-pre-wrap text-ink-2">
      <Shown text={text} lines />
    </pre>
  );
}
