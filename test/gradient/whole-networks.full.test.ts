import fs from 'node:fs/promises';
import path from 'node:path';
import { GradientSession, Tensor } from '../../src';
import { crossEntropy } from '../../src/gradient/loss';
import { rows } from '../../src/gradient/rows';
import { sampled, wholeNetworks, type Expected } from '../fixtures/gradient/whole-networks';

const fixture = path.join(__dirname, '../fixtures/gradient/whole-networks.json');

test('gradients of whole networks, dense and GDWS, are those of PyTorch in double precision', async () => {
  const expected = JSON.parse(await fs.readFile(fixture, 'utf8')) as Expected;
  const seen: string[] = [];
  for await (const { name, model, dims, images, labels } of wholeNetworks()) {
    seen.push(name);
    const session = await GradientSession.create(model, { intraOpNumThreads: 1 });
    const feeds = { [session.inputNames[0]!]: new Tensor('float32', images, dims) };
    const { losses, inputs } = await session.lossGradient(feeds, labels);
    const { weights } = await session.weightGradients(feeds, (logits, _, classes) => {
      const cotangent = logits.slice();
      rows(cotangent, classes).forEach((row, image) => crossEntropy(row.slice(), labels[image]!, row, -1));
      return cotangent;
    });
    await session.release();
    const wanted = expected[name]!;
    losses.forEach((loss, image) => expect(Math.abs(loss / wanted.losses[image]! - 1)).toBeLessThan(1e-4));
    const gradients: Record<string, Tensor> = { '': Object.values(inputs)[0]!, ...weights };
    expect(Object.keys(gradients).sort()).toEqual(Object.keys(wanted.gradients).sort());
    for (const [weight, { largest, norm, elements }] of Object.entries(wanted.gradients)) {
      const actual = sampled(gradients[weight]!.data as Float32Array);
      const distances = [
        actual.largest / largest - 1,
        actual.norm / norm - 1,
        ...elements.map((element, i) => (actual.elements[i]! - element) / largest),
      ];
      const worst = Math.max(...distances.map(Math.abs));
      expect({ name, weight, worst: worst < 1e-4 ? 0 : worst }).toEqual({ name, weight, worst: 0 });
    }
  }
  expect(seen).toEqual(Object.keys(expected));
});
