import { divergence, information } from '../../src/calibrate/divergence';
import type { Prediction } from '../../src/calibrate/prediction';

const log = Math.log;

describe('divergence', () => {
  test('of classes is Σ p log(p / q), whatever the logits are shifted by, from logits, probabilities and their logarithms', () => {
    const [p, q] = [
      [0.7, 0.2, 0.1],
      [0.5, 0.25, 0.25],
    ];
    const expected = p.reduce((sum, one, i) => sum + one * log(one / q[i]!), 0);
    const of = (kind: 'logits' | 'probabilities' | 'logProbabilities', number: (p: number) => number) =>
      divergence({ kind, classes: 3, inner: 1 }, [Float32Array.from(p, number)], [Float32Array.from(q, number)]);
    expect(of('logits', (one) => log(one) + 5)).toBeCloseTo(expected, 6);
    expect(of('logProbabilities', log)).toBeCloseTo(expected, 6);
    expect(of('probabilities', (one) => one)).toBeCloseTo(expected, 6);
  });

  test('of several columns is their sum, and of several images the mean', () => {
    const prediction: Prediction = { kind: 'probabilities', classes: 2, inner: 2 };
    // Columns (0.5, 0.5) and (0.8, 0.2), then (0.5, 0.5) twice.
    const [p, q] = [Float32Array.of(0.5, 0.8, 0.5, 0.2), Float32Array.of(0.5, 0.5, 0.5, 0.5)];
    const one = 0.8 * log(1.6) + 0.2 * log(0.4);
    expect(divergence(prediction, [p], [q])).toBeCloseTo(one, 6);
    expect(divergence(prediction, [p, q], [q, q])).toBeCloseTo(one / 2, 6);
  });

  test('of a class without probability is finite, and 0 where it was expected so', () => {
    const prediction: Prediction = { kind: 'probabilities', classes: 2, inner: 1 };
    const [sure, even] = [Float32Array.of(1, 0), Float32Array.of(0.5, 0.5)];
    expect(divergence(prediction, [sure], [sure])).toBe(0);
    expect(divergence(prediction, [sure], [even])).toBeCloseTo(log(2), 6);
    expect(divergence(prediction, [even], [sure])).toBeLessThan(Infinity);
    expect(divergence({ kind: 'bernoulli' }, [even], [sure])).toBeLessThan(Infinity);
    expect(divergence({ kind: 'bernoulli' }, [sure], [sure])).toBe(0);
  });

  test('of masks is that of each element, and of numbers half the squared distance', () => {
    const [p, q] = [Float32Array.of(0.25), Float32Array.of(0.5)];
    expect(divergence({ kind: 'bernoulli' }, [p], [q])).toBeCloseTo(0.25 * log(0.5) + 0.75 * log(1.5), 6);
    expect(divergence({ kind: 'normal' }, [Float32Array.of(1, 2)], [Float32Array.of(3, 5)])).toBe(6.5);
  });
});

describe('information', () => {
  test('is the entropy of the classes where each image has one, and 0 where all images are alike', () => {
    const images = [Float32Array.of(50, 0), Float32Array.of(0, 50)];
    const prediction: Prediction = { kind: 'logits', classes: 2, inner: 1 };
    expect(information(prediction, images)).toBeCloseTo(log(2), 6);
    expect(information(prediction, [images[0]!, images[0]!])).toBeCloseTo(0, 12);
  });

  test('keeps its digits where all images are nearly sure of one class', () => {
    const sure = (other: number) => Float32Array.of(16, other);
    const [p, q] = [0, -1].map((other) => 1 / (1 + Math.exp(16 - other)));
    const mean = (p! + q!) / 2;
    const entropy = (one: number) => one * log(one / mean) + (1 - one) * (Math.log1p(-one) - Math.log1p(-mean));
    const expected = (entropy(p!) + entropy(q!)) / 2;
    const found = information({ kind: 'logits', classes: 2, inner: 1 }, [sure(0), sure(-1)]);
    expect(found / expected).toBeCloseTo(1, 2);
  });

  test('of numbers is half their variance', () => {
    expect(information({ kind: 'normal' }, [Float32Array.of(1), Float32Array.of(5)])).toBe(2);
  });

  test('of masks is that of each element', () => {
    const masks = [Float32Array.of(1, 0.5), Float32Array.of(0, 0.5)];
    expect(information({ kind: 'bernoulli' }, masks)).toBeCloseTo(log(2), 6);
  });
});
