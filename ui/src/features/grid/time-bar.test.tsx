import { fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TimeBar } from './components/time-bar';
import type { Stop } from './time-travel';

const stops: Stop[] = [
  { asOf: '3', at: '2026-05-03T14:00:00Z', label: 'The table is made', kind: 'begin' },
  { asOf: '8', at: '2026-05-03T14:01:00Z', label: 'Import', kind: 'import' },
  { asOf: '11', at: '2026-05-03T14:05:00Z', label: 'Edit cells · Ann', kind: 'edit' },
];
const show = (asOf: string, busy = false) => {
  const onMoment = vi.fn();
  const bar = (at: string, waits: boolean) => (
    <TimeBar stops={stops} asOf={at} at="2026-05-03T14:05:00Z" busy={waits} onMoment={onMoment} />
  );
  const { rerender } = render(bar(asOf, busy));
  return { onMoment, go: (at: string, waits = false) => rerender(bar(at, waits)) };
};
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('reads the moment where the slider stops, not those that it passes', () => {
  const { onMoment } = show('11');
  const slider = screen.getByRole('slider', { name: 'Moment' });
  expect(slider).toHaveAttribute('aria-valuetext', expect.stringContaining('Edit cells · Ann'));
  fireEvent.change(slider, { target: { value: '1' } });
  fireEvent.change(slider, { target: { value: '0' } });
  expect(onMoment).not.toHaveBeenCalled();
  vi.runAllTimers();
  expect(onMoment.mock.calls).toEqual([['3']]);
});

it('goes from change to change', () => {
  const { onMoment, go } = show('8');
  fireEvent.click(screen.getByRole('button', { name: 'Next change' }));
  vi.runAllTimers();
  expect(onMoment).toHaveBeenLastCalledWith('11');
  go('11');
  expect(screen.getByRole('button', { name: 'Next change' })).toBeDisabled();
  fireEvent.click(screen.getByRole('button', { name: 'Previous change' }));
  vi.runAllTimers();
  expect(onMoment).toHaveBeenLastCalledWith('8');
});

it('plays to the end, and waits for each moment to be on the screen', () => {
  const { onMoment, go } = show('3');
  fireEvent.click(screen.getByRole('button', { name: 'Play' }));
  vi.runOnlyPendingTimers();
  expect(onMoment.mock.calls).toEqual([['8']]);
  go('8', true);
  vi.runOnlyPendingTimers();
  expect(onMoment).toHaveBeenCalledTimes(1);
  go('8');
  vi.runOnlyPendingTimers();
  expect(onMoment).toHaveBeenLastCalledWith('11');
  go('11');
  expect(screen.getByRole('button', { name: 'Play' })).toBeVisible();
  go('3');
  vi.runOnlyPendingTimers();
  expect(onMoment, 'it has stopped at the end').toHaveBeenCalledTimes(2);
});

it('begins again from the end, and stops when somebody moves the slider', () => {
  const { onMoment, go } = show('11');
  fireEvent.click(screen.getByRole('button', { name: 'Play' }));
  vi.runOnlyPendingTimers();
  expect(onMoment.mock.calls).toEqual([['3']]);
  go('3');
  fireEvent.click(screen.getByRole('button', { name: 'Next change' }));
  expect(screen.getByRole('button', { name: 'Play' })).toBeVisible();
});
