/** A signal that fires at the first Ctrl-C, so that work can stop cleanly; the second one ends the process. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}
