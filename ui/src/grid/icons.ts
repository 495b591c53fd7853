import type { ColumnType } from './model';

/** Icons for the grid's own DOM; 24 × 24 strokes. */
const paths: Record<string, string> = {
  text: 'M4 7V5h16v2M12 5v14M9 19h6',
  long_text: 'M4 6h16M4 11h16M4 16h10',
  number: 'M5 9h14M5 15h14M10 4 8 20M16 4l-2 16',
  currency:
    'M12 3v18M16.5 7.5C15.5 6 14 5.5 12 5.5c-2.5 0-4.5 1-4.5 3.2 0 4.6 9.5 2 9.5 6.8 0 2-2 3.2-5 3.2-2.3 0-4.2-.8-5-2.5',
  percent: 'M19 5 5 19M7.5 9.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM16.5 18.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z',
  boolean: 'M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1ZM8 12l3 3 5-6',
  date: 'M5 5h14a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1ZM4 10h16M8 3v4M16 3v4',
  datetime: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7v5l3 2',
  email: 'M4 6h16v12H4zM4 7l8 6 8-6',
  url: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.7-5.7l-1.5 1.5M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.7 5.7l1.5-1.5',
  phone: 'M6 3h3l2 5-2.5 1.5a11 11 0 0 0 6 6L16 13l5 2v3a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2Z',
  select: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.5 11l3.5 3.5 3.5-3.5',
  multi_select: 'M10 6h10M10 12h10M10 18h10M4 6l1 1 2-2M4 12l1 1 2-2M4 18l1 1 2-2',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM5 20a7 7 0 0 1 14 0',
  json: 'M8 4c-2 0-2.5 1-2.5 3S6 11 4 12c2 1 1.5 3 1.5 5S6 20 8 20M16 4c2 0 2.5 1 2.5 3s-.5 4 1.5 5c-2 1-1.5 3-1.5 5s-.5 3-2.5 3',
  row_id: 'M4 9h16M4 15h16M9 4v16',
  spark: 'M12 3l1.9 5.6L19.5 10.5l-5.6 1.9L12 18l-1.9-5.6L4.5 10.5l5.6-1.9ZM19 16v4M17 18h4',
  formula:
    'M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2ZM9 17c2 0 2.8-1 2.8-2.8V10c0-2 1-3.3 3.2-3M9 11.2h5.7',
  lookup: 'M4 5h10M4 10h5M4 15h4M15.5 18a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM18.5 17l2.5 3',
  expand: 'M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7',
  chevron: 'M7 10l5 5 5-5',
  plus: 'M12 5v14M5 12h14',
  up: 'M12 19V5M6 11l6-6 6 6',
  down: 'M12 5v14M6 13l6 6 6-6',
};

const aliases: Partial<Record<ColumnType, string>> = {
  created_at: 'datetime',
  updated_at: 'datetime',
  created_by: 'user',
  updated_by: 'user',
};

export function icon(name: string, size = 14): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('width', String(size));
  svg.setAttribute('height', String(size));
  svg.setAttribute('fill', 'none');
  svg.setAttribute('stroke', 'currentColor');
  svg.setAttribute('stroke-width', '2');
  svg.setAttribute('stroke-linecap', 'round');
  svg.setAttribute('stroke-linejoin', 'round');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', paths[name] ?? paths['text'] ?? '');
  svg.append(path);
  return svg;
}

export function typeIconPath(type: ColumnType): string {
  return paths[aliases[type] ?? type] ?? paths['text'] ?? '';
}
export function typeIcon(type: ColumnType, size = 14): SVGSVGElement {
  return icon(aliases[type] ?? type, size);
}
