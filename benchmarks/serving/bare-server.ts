import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { InferenceSession, Tensor } from '../../src/engine/session';
import { bytesOfElements } from '../../src/protocol/elements-bytes';

interface Waiting {
  /** Of one row. */
  readonly elements: Buffer;
  readonly response: ServerResponse;
}

/**
 * What any server in Node takes: node:http, rows put together, runs of one thread side by side, and nothing else. It believes all that it is
 * told, reads no JSON, and answers with the bytes of the first output alone.
 *
 * @returns its address, and what closes it
 */
export async function bareServer(file: string, maxBatch: number): Promise<{ address: string; close: () => void }> {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
  const [input] = session.inputNames as [string];
  const [output] = session.outputNames as [string];
  const [metadata] = session.inputMetadata;
  const dims = (metadata?.isTensor ? metadata.shape.slice(1) : []) as number[];
  const bytesOfRow = dims.reduce((product, dim) => product * dim, Float32Array.BYTES_PER_ELEMENT);
  const waiting: Waiting[] = [];
  let runs = 0;

  const begin = async (members: readonly Waiting[]): Promise<void> => {
    runs++;
    const feed = new Float32Array((members.length * bytesOfRow) / Float32Array.BYTES_PER_ELEMENT);
    members.forEach(({ elements }, row) => bytesOfElements(feed).set(elements, row * bytesOfRow));
    const results = await session.run({ [input]: new Tensor('float32', feed, [members.length, ...dims]) });
    runs--;
    const bytes = Buffer.from(bytesOfElements((results[output] as Tensor).data as Float32Array));
    const each = bytes.length / members.length;
    members.forEach(({ response }, row) => {
      const body = bytes.subarray(row * each, (row + 1) * each);
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length }).end(body);
    });
    startRuns();
  };
  const startRuns = (): void => {
    while (waiting.length >= maxBatch ? runs < 2 : waiting.length > 0 && runs === 0) {
      void begin(waiting.splice(0, maxBatch));
    }
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      waiting.push({ elements: Buffer.concat(chunks).subarray(-bytesOfRow), response });
      startRuns();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
      void session.release();
    },
  };
}
