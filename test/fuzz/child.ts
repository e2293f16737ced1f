import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { exercise } from './exercise';
import type { Reply } from './exerciser';

// The process that mutants are exercised in: it takes their bytes as messages, and answers what became of each.

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-fuzz-'));
process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
process.on('disconnect', () => process.exit());
process.on('message', (bytes: Uint8Array) => {
  const before = process.cpuUsage();
  void answer(bytes).then((reply) => {
    const { user, system } = process.cpuUsage(before);
    process.send!({ ...reply, seconds: (user + system) / 1e6, peakBytes: process.resourceUsage().maxRSS * 1024 });
  });
});

async function answer(bytes: Uint8Array): Promise<Reply> {
  try {
    return { outcome: await exercise(bytes, folder) };
  } catch (error) {
    return { fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
