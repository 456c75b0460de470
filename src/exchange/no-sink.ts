import type { Sink } from './sink.ts';

/** Stands where no sink is: before the listener has made the real one, and when that has given its connection to a tunnel. */
export const NO_SINK: Sink = {
  headSent: false, closed: true, closesAfter: true, bytesOut: 0, pending: false,
  informational() {}, continue() {}, head() {}, write: () => true, end() {}, flush() {}, abort() {}, upgrade: () => null, closeAfter() {},
};
