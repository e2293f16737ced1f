// A server of one model, by gdws or by onnxruntime-node: prints its address, and ends with its standard input.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openRepository } from '../../src/serve/models/open-repository';
import { serve } from '../../src/serve/server';
import { OnnxruntimeRepository } from './onnxruntime-repository';

const [engine, file, maxBatch, maxDelay] = process.argv.slice(2) as [string, string, string, string];

async function main(): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-serving-'));
  fs.copyFileSync(file, path.join(folder, 'm.onnx'));
  const defaults = { maxBatch: Number(maxBatch), maxDelay: Number(maxDelay) };
  const repository =
    engine === 'gdws'
      ? await openRepository(folder, { control: 'none', defaults })
      : await OnnxruntimeRepository.open('m', file);
  const server = await serve(repository, { httpPort: 0, grpcPort: -1, logLevel: 'error' });
  console.log(server.http);
  process.stdin.on('end', () => {
    void server.close().then(() => fs.rmSync(folder, { recursive: true }));
  });
  process.stdin.resume();
}

void main();
