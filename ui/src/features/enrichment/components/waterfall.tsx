import { ChevronDown, ChevronUp, GripVertical, Trash2 } from 'lucide-react';
import { useState } from 'react';
import type { EnrichmentStep, Provider, Table } from '@/api/types';
import { Avatar } from '@/components/avatar';
import { IconButton } from '@/components/button';
import { cx } from '@/lib/cx';
import { moved } from '../config';
import { FaultScope, useStepScope } from '../faults';
import { PriceBadge } from './provider-picker';
import { StepForm } from './step-form';

export interface WaterfallProps {
  workspaceId: string;
  table: Table;
  providers: Provider[];
  steps: EnrichmentStep[];
  onChange: (steps: EnrichmentStep[]) => void;
}

/** The steps in their order; dragged by the handle, or moved with the arrow buttons. */
export function Waterfall({ workspaceId, table, providers, steps, onChange }: WaterfallProps) {
  const [open, setOpen] = useState(steps.length === 1 ? 0 : -1);
  const [dragged, setDragged] = useState<number | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const move = (from: number, to: number): void => {
    if (to < 0 || to >= steps.length || from === to) return;
    onChange(moved(steps, from, to));
    setOpen(open === from ? to : -1);
  };
  return (
    <ol className="flex flex-col gap-2">
      {steps.map((step, i) => {
        const provider = providers.find((p) => p.slug === step.provider);
        const name = provider?.name ?? step.provider;
        const expanded = open === i || steps.length === 1;
        return (
          <li
            key={`${step.provider}/${String(i)}`}
            onDragOver={(e) => {
              e.preventDefault();
              setOver(i);
            }}
            onDrop={(e) => {
              e.preventDefault();
              if (dragged !== null) move(dragged, i);
              setDragged(null);
              setOver(null);
            }}
            className={cx(
              'rounded-md border bg-surface',
              over === i && dragged !== null && dragged !== i ? 'border-primary' : 'border-line',
              dragged === i && 'opacity-50',
            )}
          >
            <div className="flex items-center gap-2 py-2 pr-2 pl-1">
              <span
                draggable
                onDragStart={(e) => {
                  setDragged(i);
                  e.dataTransfer.effectAllowed = 'move';
                  e.dataTransfer.setData('text/plain', step.provider);
                }}
                onDragEnd={() => {
                  setDragged(null);
                  setOver(null);
                }}
                aria-hidden
                className="cursor-grab p-1 text-ink-3"
              >
                <GripVertical size={14} />
              </span>
              <span className="tnum w-4 text-center text-sm text-ink-3">{i + 1}</span>
              <Avatar name={name} square size={24} />
              <button
                type="button"
                aria-expanded={expanded}
                onClick={() => setOpen(open === i ? -1 : i)}
                className="min-w-0 flex-1 truncate text-left font-medium"
              >
                {name}
              </button>
              {provider && <PriceBadge provider={provider} />}
              <IconButton label={`Move ${name} up`} size="sm" disabled={i === 0} onClick={() => move(i, i - 1)}>
                <ChevronUp size={14} />
              </IconButton>
              <IconButton
                label={`Move ${name} down`}
                size="sm"
                disabled={i === steps.length - 1}
                onClick={() => move(i, i + 1)}
              >
                <ChevronDown size={14} />
              </IconButton>
              <IconButton label={`Remove ${name}`} size="sm" onClick={() => onChange(steps.filter((_, n) => n !== i))}>
                <Trash2 size={14} />
              </IconButton>
            </div>
            {expanded && provider && (
              <StepScope at={i}>
                <StepForm
                  workspaceId={workspaceId}
                  table={table}
                  provider={provider}
                  step={step}
                  onChange={(next) => onChange(steps.map((s, n) => (n === i ? next : s)))}
                />
              </StepScope>
            )}
          </li>
        );
      })}
    </ol>
  );
}

function StepScope({ at, children }: { at: number; children: React.ReactNode }) {
  return <FaultScope value={useStepScope(at)}>{children}</FaultScope>;
}
