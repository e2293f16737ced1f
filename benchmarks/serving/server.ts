// A server of one model, by gdws, by onnxruntime-node, or a bare one: prints its address, and ends with its standard input.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openRepository } from '../../src/serve/models/open-repository';
import { serve } from '../../src/serve/server';
import { bareServer } from './bare-server';
import { OnnxruntimeRepository } from './onnxruntime-repository';

const [engine, file, maxBatch, maxDelay] = process.argv.slice(2) as [string, string, string, string];

async function main(): Promise<void> {
  if (engine === 'bare') {
    const { address, close } = await bareServer(file, Number(maxBatch));
    return endWithInput(address, close);
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-serving-'));
  fs.copyFileSync(file, path.join(folder, 'm.onnx'));
  const defaults = { maxBatch: Number(maxBatch), maxDelay: Number(maxDelay) };
  const repository =
    engine === 'gdws'
      ? await openRepository(folder, { control: 'none', defaults })
      : await OnnxruntimeRepository.open('m', file);
  const server = await serve(repository, { httpPort: 0, grpcPort: -1, logLevel: 'error' });
  endWithInput(server.http, () => void server.close().then(() => fs.rmSync(folder, { recursive: true })));
}

function endWithInput(address: string, close: () => void): void {
  console.log(address);
  process.stdin.on('end', close);
  process.stdin.resume();
}

void main();
