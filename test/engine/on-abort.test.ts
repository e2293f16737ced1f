import { getEventListeners } from 'node:events';
import { onAbort } from '../../src/engine/on-abort';

test('all that wait for a signal share a listener, which goes with the last of them', () => {
  const { signal } = new AbortController();
  const ends = Array.from({ length: 100 }, () => onAbort(signal, () => {}));
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  ends.slice(1).forEach((end) => end());
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
  ends[0]!();
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  onAbort(signal, () => {});
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
});

test('those that wait are called, once, and those that have ended are not', () => {
  const controller = new AbortController();
  const called: string[] = [];
  onAbort(controller.signal, () => called.push('first'));
  const end = onAbort(controller.signal, () => called.push('ended'));
  // One that ends another while it is called, as releasing a session does.
  onAbort(controller.signal, () => last());
  const last = onAbort(controller.signal, () => called.push('ended by another'));
  end();
  controller.abort();
  controller.abort();
  expect(called).toEqual(['first']);
});
