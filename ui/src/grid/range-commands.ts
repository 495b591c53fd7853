import type { GridEvents } from './events';
import type { RangeSelection } from './selection';
import type { Transfers } from './transfers';

/** What menus, keys and buttons do with the selected range. */
export type RangeCommand =
  'copy' | 'cut' | 'paste' | 'clear' | 'fill-down' | 'fill-right' | 'duplicate-rows' | 'delete-rows';

const REFUSED = {
  copy: 'The browser refused access to the clipboard. Use Ctrl+C.',
  cut: 'The browser refused access to the clipboard. Use Ctrl+X.',
  paste: 'The browser refused access to the clipboard. Use Ctrl+V.',
};

export class RangeCommands {
  constructor(
    private readonly selection: RangeSelection,
    private readonly transfers: Transfers,
    private readonly events: GridEvents,
  ) {}

  run(name: RangeCommand): void {
    this.done(name).catch((e: unknown) => {
      const refused = e instanceof DOMException && (name === 'copy' || name === 'cut' || name === 'paste');
      if (refused) this.events.notice('error', REFUSED[name]);
      else this.events.failed(e);
    });
  }

  private async done(name: RangeCommand): Promise<void> {
    const { selection, transfers } = this;
    if (name === 'paste') return this.paste();
    const rect = selection.rect;
    if (!rect) return;
    switch (name) {
      case 'copy':
        return transfers.copy(rect);
      case 'cut':
        await transfers.copy(rect);
        return transfers.clear(rect, 'cut');
      case 'clear':
        return transfers.clear(rect);
      case 'fill-down':
      case 'fill-right':
        return transfers.fillWithin(rect, name === 'fill-down' ? 'down' : 'right');
      case 'duplicate-rows':
        return transfers.duplicateRows(rect);
      case 'delete-rows':
        this.events.deleteRows(await transfers.rowIds(rect));
    }
  }
  private async paste(): Promise<void> {
    let text = '';
    let html = '';
    for (const item of await navigator.clipboard.read()) {
      if (item.types.includes('text/plain')) text ||= await (await item.getType('text/plain')).text();
      if (item.types.includes('text/html')) html ||= await (await item.getType('text/html')).text();
    }
    const area = await this.transfers.paste(text, html, this.selection.rect);
    if (area) this.selection.selectRect(area);
  }
}
