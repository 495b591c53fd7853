import { Shown } from './shown';

const entities: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&amp;': '&', '&#34;': '"', '&#39;': "'" };

function plain(html: string): string {
  return html.replace(/&(lt|gt|amp|#34|#39);/g, (e) => entities[e] ?? e);
}

/** Text of the server that is escaped but for <mark>, shown without ever being HTML here. */
export function Marked({ html }: { html: string }) {
  return html.split(/(<mark>.*?<\/mark>)/s).map((part, i) => {
    const inner = /^<mark>(.*)<\/mark>$/s.exec(part)?.[1];
    return inner === undefined ? (
      <Shown key={i} text={plain(part)} />
    ) : (
      <mark key={i} className="rounded-sm bg-primary-soft text-primary-ink">
        <Shown text={plain(inner)} />
      </mark>
    );
  });
}
