import path from 'node:path';
import { encodeModel } from '../../src/onnx/write';
import { readCorpus } from './corpus';
import { Exerciser } from './exerciser';
import { fuzz, mutantOf } from './fuzz';
import { makeSeeds } from './seeds';

const corpus = readCorpus();

test('seeds are what the project makes them', () => {
  for (const [name, model] of makeSeeds())
    expect(encodeModel(model)).toEqual(new Uint8Array(corpus.get(`seed-${name}.onnx`)!));
});

describe('every file of the corpus is used or refused', () => {
  const exerciser = new Exerciser();
  afterAll(() => exerciser.close());
  test.each([...corpus.keys()])('%s', async (name) => {
    expect(await exerciser.exercise(corpus.get(name)!)).toMatchObject({ outcome: {} });
  });
});

test('mutants of a fixed seed are used or refused, in many ways', async () => {
  const seeds = [...corpus].filter(([name]) => name.startsWith('seed-')).map(([, bytes]) => bytes);
  const { faults, outcomes } = await fuzz({ seed: 2, corpus: seeds, goesOn: (mutants) => mutants < 700 });
  expect(faults).toEqual([]);
  // A fuzzer whose mutants are all alike finds nothing.
  expect(outcomes.get('run ok')).toBeGreaterThan(100);
  expect(outcomes.get('compress ok')).toBeGreaterThan(100);
  for (const code of [
    'MODEL_UNREADABLE',
    'MODEL_INVALID',
    'OPERATOR_UNSUPPORTED',
    'SHAPE_MISMATCH',
    'LIMIT_EXCEEDED',
  ]) {
    expect([...outcomes.keys()]).toContain(`run ${code}`);
  }
});

test('a mutant is made of its seed and number alone', () => {
  const files = [...corpus.values()];
  expect(mutantOf(3, 7, files)).toEqual(mutantOf(3, 7, files));
  expect(mutantOf(3, 7, files)).not.toEqual(mutantOf(3, 8, files));
});

test('faults of every kind are seen, and a process that was ended is followed by another', async () => {
  const exerciser = new Exerciser(path.join(__dirname, 'faulty-child.ts'), 5000);
  const kinds: unknown[] = [];
  for (const fault of [0, 1, 2, 3, 4, 5, 0]) {
    const result = await exerciser.exercise(Uint8Array.of(fault));
    kinds.push('fault' in result ? result.fault.kind : 'outcome');
  }
  exerciser.close();
  expect(kinds).toEqual(['outcome', 'error', 'crash', 'crash', 'hang', 'memory', 'outcome']);
});
