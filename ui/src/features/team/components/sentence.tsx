import { Link } from 'react-router';
import type { ActivityLine } from '@/api/types';
import { Shown } from '@/components/shown';

/** Where the thing is looked at, if it has a page. */
function pathOf(ws: string, kind: string, id: string): string | null {
  switch (kind) {
    case 'table':
      return id ? `/w/${ws}/tables/${id}` : null;
    case 'run':
      return `/w/${ws}/jobs/${id}`;
    case 'import':
      return `/w/${ws}/import`;
    case 'member':
    case 'invitation':
      return `/w/${ws}/settings/members`;
    case 'api_key':
      return `/w/${ws}/settings/api-keys`;
    case 'credential':
      return `/w/${ws}/settings/credentials`;
    case 'credits':
      return `/w/${ws}/credits`;
    case 'billing':
      return `/w/${ws}/billing`;
    default:
      return null;
  }
}

/** "renamed Leads to Companies", with a link to the thing. */
export function Sentence({ ws, line }: { ws: string; line: ActivityLine }) {
  const { says, thing } = line;
  const path = pathOf(ws, thing.kind, thing.id);
  const at = says.indexOf('{it}');
  const link = (text: string) =>
    path ? (
      <Link to={path} className="font-medium text-primary-ink hover:underline">
        <Shown text={text} />
      </Link>
    ) : (
      <span className="font-medium">
        <Shown text={text} />
      </span>
    );
  if (at < 0) {
    return (
      <>
        <Shown text={says} /> {path && <span className="text-ink-3">({link('open')})</span>}
      </>
    );
  }
  return (
    <>
      <Shown text={says.slice(0, at)} />
      {link(thing.name ?? 'the workspace’s data')}
      <Shown text={says.slice(at + 4)} />
    </>
  );
}
