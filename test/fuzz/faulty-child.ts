// A process that does to each model what its first byte says.

const faults: readonly (() => unknown)[] = [
  () => process.send!({ outcome: { run: 'ok' } }),
  () => process.send!({ fault: 'TypeError: undefined is not a function' }),
  () => process.kill(process.pid, 'SIGKILL'),
  () => process.exit(3),
  () => {
    for (;;);
  },
  () => process.send!({ outcome: {}, peakBytes: 2 ** 33 }),
];
process.on('disconnect', () => process.exit());
process.on('message', (bytes: Uint8Array) => faults[bytes[0]!]!());
