// Run by main.ts in a process of its own: runs a network at each shape twice, and reports its resident memory after that.
import { openSession, type EngineName } from '../engines';
import { parseShapes, tensorOf } from './shapes';

async function main([engine, file, shapes, threads]: string[]): Promise<void> {
  const before = process.memoryUsage().rss;
  const session = await openSession(engine as EngineName, file!, { threads: Number(threads) });
  const input = session.inputNames[0]!;
  for (let pass = 0; pass < 2; pass++) {
    for (const dims of parseShapes(shapes!)) await session.run({ [input]: tensorOf(dims) });
  }
  globalThis.gc?.();
  process.send!((process.memoryUsage().rss - before) / 2 ** 20);
  process.disconnect();
}

void main(process.argv.slice(2));
