import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus, Workflow as WorkflowIcon } from 'lucide-react';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { messageOf } from '@/api/errors';
import { useCan } from '@/api/permissions';
import { tablesQuery } from '@/api/tables';
import type { Workflow, WorkflowGraph } from '@/api/types-workflow';
import { useWorkspaceId } from '@/api/use-workspace';
import { Button } from '@/components/button';
import { Confirm } from '@/components/confirm';
import { Card, DataTable, Page, Td } from '@/components/page';
import { Badge, Empty, Notice, SkeletonRows } from '@/components/states';
import { ago, dateTime } from '@/lib/format';
import { createWorkflow, deleteWorkflow, pendingQuery, templatesQuery, workflowsQuery } from './api/workflows';
import { kinds } from './kinds';

const blank: WorkflowGraph = {
  nodes: [
    { id: 'manual-1', kind: 'manual', x: 0, y: 0, config: {} },
    { id: 'table_rows-1', kind: 'table_rows', x: 280, y: 0, config: {} },
  ],
  edges: [{ from: 'manual-1', port: 'out', to: 'table_rows-1' }],
};

export function WorkflowsPage() {
  const ws = useWorkspaceId();
  const can = useCan(ws)('workflows.manage');
  const client = useQueryClient();
  const navigate = useNavigate();
  const list = useQuery(workflowsQuery(ws));
  const templates = useQuery(templatesQuery(ws));
  const create = useMutation({
    mutationFn: (of: { name: string; graph: WorkflowGraph }) => createWorkflow(ws, of.name, of.graph),
    onSuccess: async (made) => {
      await client.invalidateQueries({ queryKey: ['workflows', ws] });
      await navigate(made.id);
    },
  });
  const button = can && (
    <Button
      variant="primary"
      icon={<Plus size={15} />}
      busy={create.isPending}
      onClick={() => create.mutate({ name: 'Untitled workflow', graph: blank })}
    >
      New workflow
    </Button>
  );
  return (
    <Page
      wide
      title="Workflows"
      text="What runs over your rows by itself: when rows arrive, on a schedule, or when you press Run."
      actions={button}
    >
      {create.error && <Notice tone="danger">{messageOf(create.error)}</Notice>}
      <Pending ws={ws} />
      <Card flush>
        {list.isPending && <SkeletonRows />}
        {list.isError && <Notice tone="danger">{messageOf(list.error)}</Notice>}
        {list.data?.length === 0 && (
          <Empty
            icon={<WorkflowIcon size={20} />}
            title="No workflows yet"
            text="Begin with a template below, or with an empty canvas. Nothing runs before you press Run or publish it."
            action={button}
          />
        )}
        {list.data && list.data.length > 0 && (
          <DataTable
            head={['Workflow', 'Begins', { text: 'Tables', wide: true }, { text: 'Saved', wide: true }, '']}
            label="Workflows"
          >
            {list.data.map((w) => (
              <Row key={w.id} ws={ws} workflow={w} canEdit={can} />
            ))}
          </DataTable>
        )}
      </Card>
      {can && (
        <Card
          title="Templates"
          text="Each is a copy that you can change; what it can’t know, such as your table, you choose."
        >
          <ul className="grid gap-3 sm:grid-cols-2">
            {templates.data?.map((t) => (
              <li key={t.slug} className="flex flex-col gap-2 rounded-lg border border-line p-3">
                <p className="font-medium">{t.name}</p>
                <p className="flex-1 text-sm text-ink-2">{t.description}</p>
                <Button
                  size="sm"
                  className="self-start"
                  disabled={create.isPending}
                  aria-label={`Use the template ${t.name}`}
                  onClick={() => create.mutate({ name: t.name, graph: t.graph })}
                >
                  Use
                </Button>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </Page>
  );
}

/** What waits for somebody to decide. */
function Pending({ ws }: { ws: string }) {
  const pending = useQuery(pendingQuery(ws));
  if (!pending.data?.length) return null;
  return (
    <Card title="Waits for a decision">
      <ul className="flex flex-col gap-1.5">
        {pending.data.map((p) => (
          <li key={`${p.run_id}/${p.node_id}`} className="flex flex-wrap gap-x-2">
            {p.workflow ? (
              <Link to={`${p.workflow_id}?run=${p.run_id}`} className="font-medium text-primary-ink hover:underline">
                {p.workflow}
              </Link>
            ) : (
              <span>A deleted workflow</span>
            )}
            <span className="text-ink-3">until {dateTime(p.until)}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Row({ ws, workflow: w, canEdit }: { ws: string; workflow: Workflow; canEdit: boolean }) {
  const client = useQueryClient();
  const tables = useQuery(tablesQuery(ws));
  const [asking, setAsking] = useState(false);
  const names = w.table_ids.map((id) => tables.data?.find((t) => t.id === id)?.name ?? 'a deleted table');
  return (
    <tr className="hover:bg-hover">
      <Td className="min-w-36">
        <Link to={w.id} className="font-medium text-primary-ink hover:underline">
          {w.name}
        </Link>
        {w.left_out && <span className="block text-sm text-ink-3">Changes were left out: {w.left_out}</span>}
      </Td>
      <Td>
        {w.published_version ? (
          <Badge tone="success">{w.trigger ? kinds[w.trigger.kind].label : 'Published'}</Badge>
        ) : (
          <Badge>Draft</Badge>
        )}
      </Td>
      <Td className="text-ink-2">{names.join(', ')}</Td>
      <Td className="whitespace-nowrap text-ink-3">{`Version ${w.version} · ${ago(w.updated_at)}`}</Td>
      <Td>
        {canEdit && (
          <div className="flex justify-end">
            <Button size="sm" variant="ghost" aria-label={`Delete ${w.name}`} onClick={() => setAsking(true)}>
              Delete
            </Button>
          </div>
        )}
        {asking && (
          <Confirm
            title={`Delete ${w.name}?`}
            action="Delete"
            danger
            onClose={() => setAsking(false)}
            onConfirm={async () => {
              await deleteWorkflow(ws, w.id);
              await client.invalidateQueries({ queryKey: ['workflows', ws] });
            }}
          >
            It begins no further runs. Runs under way go on, and what it has done stays.
          </Confirm>
        )}
      </Td>
    </tr>
  );
}
