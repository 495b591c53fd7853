import '@testing-library/jest-dom/vitest';
import { cleanup } from '@testing-library/react';
import { afterEach, vi } from 'vitest';

// What jsdom leaves out of the platform.
HTMLDialogElement.prototype.showModal = function showModal(this: HTMLDialogElement): void {
  this.open = true;
};
HTMLDialogElement.prototype.close = function close(this: HTMLDialogElement): void {
  this.open = false;
};
Element.prototype.scrollIntoView = (): void => undefined;
vi.stubGlobal(
  'ResizeObserver',
  class {
    observe(): void {
      // nothing has a size here
    }
    unobserve(): void {
      // nothing has a size here
    }
    disconnect(): void {
      // nothing has a size here
    }
  },
);
window.matchMedia = (query: string): MediaQueryList =>
  ({
    matches: false,
    media: query,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }) as unknown as MediaQueryList;

afterEach(() => {
  cleanup();
  localStorage.clear();
});
