/** A signal that fires at the first Ctrl-C, so that work can end in order; the second ends the process at once. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}
