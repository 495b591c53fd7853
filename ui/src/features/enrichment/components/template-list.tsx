import { templates, type Template } from '../templates';

/** What people look for most; one makes the whole waterfall. */
export function TemplateList({ ready, onPick }: { ready: boolean; onPick: (t: Template) => void }) {
  return (
    <section aria-label="Templates" className="flex flex-col gap-2">
      <h3 className="text-sm font-semibold">What do you want to find?</h3>
      <div className="grid gap-2 sm:grid-cols-2">
        {templates.map((t) => (
          <button
            key={t.id}
            type="button"
            disabled={!ready}
            onClick={() => onPick(t)}
            className="rounded-md border border-line bg-surface px-3 py-2 text-left hover:bg-hover"
          >
            <span className="block font-medium">{t.name}</span>
            <span className="block text-sm text-ink-2">{t.text}</span>
          </button>
        ))}
      </div>
    </section>
  );
}
