// A process of its own: makes and runs sessions of a small network as its arguments say, and prints what came of it.
import { counters } from '../../src/addon/introspection';
import { InferenceSession, Tensor, type SessionOptions } from '../../src/engine/session';
import { convolutionModel } from './convolution-model';

const [options, channels] = JSON.parse(process.argv[2]!) as [SessionOptions, number[]];

async function main() {
  const kernels: string[] = [];
  let weightBytes = 0;
  for (const count of channels) {
    const session = await InferenceSession.create(convolutionModel(count), options);
    session.startProfiling();
    await session.run({ x: new Tensor('float32', new Float32Array(count * 100).fill(1), [1, count, 10, 10]) });
    kernels.push(...session.profile().map(({ kernel }) => kernel));
    ({ weightBytes } = counters());
    await session.release();
  }
  const { operationsMeasured, measurementsReused } = counters();
  process.stdout.write(JSON.stringify({ kernels, operationsMeasured, measurementsReused, weightBytes }));
}

void main();
