import http from 'node:http';
import { InferenceSession, Tensor } from '../../../src';
import { seededUniform, uniformArray } from '../../networks/random';
import { pictureDims } from './model';

/** How a request ended: answered rightly, refused, dropped as too late; or not as it must. */
export type Outcome = 'answered' | 'refused' | 'late' | 'mixed' | 'lost' | 'wrong';

/** What {@link Requests.send} found. */
export interface Ended {
  readonly outcome: Outcome;
  /** From sending to the end of the answer. */
  readonly milliseconds: number;
  /** Of what must not be. */
  readonly why?: string;
}

interface Picture {
  readonly bytes: Uint8Array;
  readonly features: Float32Array;
}

const pictures = 64;
/** Of the largest feature: kernels for another number of rows add up in another order. */
const tolerance = 1e-3;
/** After which an answer counts as lost. */
const patience = 30_000;

/** Requests with a number and one of some pictures, whose answers are known. */
export class Requests {
  // Below the connections that a server takes; none is kept longer than the server keeps it.
  private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 800, timeout: 40_000 });
  private count = 0;

  private constructor(
    private readonly address: string,
    private readonly pictures: readonly Picture[],
  ) {}

  /** @param model its file, for the answers that are expected */
  static async make(address: string, model: string): Promise<Requests> {
    const session = await InferenceSession.create(model);
    const uniform = seededUniform(2);
    const made: Picture[] = [];
    while (made.length < pictures) {
      const data = uniformArray(
        uniform,
        pictureDims.reduce((product, dim) => product * dim, 1),
        1,
      );
      const feeds = {
        number: new Tensor('float32', [0], [1, 1]),
        picture: new Tensor('float32', data, [1, ...pictureDims]),
      };
      const features = (await session.run(feeds)).features!.data as Float32Array;
      made.push({ bytes: new Uint8Array(data.buffer), features });
    }
    await session.release();
    return new Requests(`${address}/v2/models/m/infer`, made);
  }

  /** @param deadline milliseconds until its run must have begun; none where undefined */
  send(deadline: number | undefined): Promise<Ended> {
    // Each is exact in 32 bits.
    const number = (this.count = (this.count + 1) % 2 ** 24);
    const picture = this.pictures[number % pictures]!;
    const input = (name: string, shape: readonly number[], size: number) => ({
      ...{ name, datatype: 'FP32', shape, parameters: { binary_data_size: size } },
    });
    const head = Buffer.from(
      JSON.stringify({
        parameters: { binary_data_output: true, ...(deadline !== undefined && { timeout: 1000 * deadline }) },
        inputs: [input('number', [1, 1], 4), input('picture', [1, ...pictureDims], picture.bytes.length)],
        outputs: [{ name: 'same' }, { name: 'features' }],
      }),
    );
    const body = Buffer.concat([head, new Uint8Array(Float32Array.of(number).buffer), picture.bytes]);
    const headers = { 'content-length': body.length, 'inference-header-content-length': head.length };
    const began = performance.now();
    return new Promise((resolve) => {
      const end = (outcome: Outcome, why?: string) =>
        resolve({ outcome, milliseconds: performance.now() - began, ...(why !== undefined && { why }) });
      const request = http.request(this.address, { method: 'POST', agent: this.agent, headers }, (answer) => {
        const parts: Buffer[] = [];
        answer.on('data', (part: Buffer) => parts.push(part));
        answer.on('error', (error) => end('lost', error.message));
        answer.on('end', () => end(...this.judge(answer, Buffer.concat(parts), number, picture)));
      });
      request.setTimeout(patience, () => request.destroy(new Error('no answer')));
      request.on('error', (error) => end('lost', error.message));
      request.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }

  private judge(
    { statusCode, headers }: http.IncomingMessage,
    body: Buffer,
    number: number,
    { features }: Picture,
  ): [Outcome, string?] {
    if (statusCode === 503)
      return headers['retry-after'] === undefined ? ['wrong', '503 without Retry-After'] : ['refused'];
    if (statusCode === 504) return ['late'];
    if (statusCode !== 200) return ['wrong', `${statusCode}: ${body.toString().slice(0, 200)}`];
    const bytes = Uint8Array.from(body.subarray(Number(headers['inference-header-content-length'])));
    const [same, ...given] = new Float32Array(bytes.buffer);
    if (same !== number) return ['mixed', `${number} got the answer of ${same}`];
    const most = features.reduce((largest, one) => Math.max(largest, Math.abs(one)), 0);
    const isOwn =
      given.length === features.length && features.every((one, at) => Math.abs(one - given[at]!) <= tolerance * most);
    return isOwn ? ['answered'] : ['mixed', `${number} got features of another picture`];
  }
}
