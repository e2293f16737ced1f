import { drawnCotangent, type Prediction } from '../../src/calibrate/prediction';
import { RandomStream } from '../../src/robustness/random-stream';

const draws = 20000;

/** Mean and second moment, over many draws, of the cotangent taken back to the logits z of an output by its Jacobian. */
function momentsAtLogits(prediction: Prediction, output: number[], jacobian: readonly (readonly number[])[]) {
  const given = Float32Array.from(output);
  const size = jacobian[0]!.length;
  const mean = new Float64Array(size);
  const second = Array.from({ length: size }, () => new Float64Array(size));
  for (let draw = 0; draw < draws; ++draw) {
    const cotangent = drawnCotangent(prediction, given, new RandomStream(7, draw));
    const slope = Array.from({ length: size }, (_, z) =>
      cotangent.reduce((sum, value, at) => sum + value * jacobian[at]![z]!, 0),
    );
    slope.forEach((a, i) => {
      mean[i]! += a / draws;
      slope.forEach((b, j) => (second[i]![j]! += (a * b) / draws));
    });
  }
  return { mean, second };
}

/** A score has mean 0, and its second moment is the Fisher information of the distribution by its natural parameters. */
function expectScore(prediction: Prediction, output: number[], jacobian: number[][], fisher: number[][]): void {
  const { mean, second } = momentsAtLogits(prediction, output, jacobian);
  mean.forEach((value) => expect(Math.abs(value)).toBeLessThan(0.02));
  second.forEach((row, i) => row.forEach((value, j) => expect(Math.abs(value - fisher[i]![j]!)).toBeLessThan(0.02)));
}

const identity = (size: number) =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => +(i === j)));
/** diag(p) - p pᵀ, of a softmax both the Jacobian and the Fisher information. */
const spread = (p: number[]) => p.map((a, i) => p.map((b, j) => (i === j ? a : 0) - a * b));

const classes = [0.7, 0.05, 0.25];

test('logits draw a class', () => {
  const prediction: Prediction = { kind: 'logits', classes: 3, inner: 1 };
  expectScore(
    prediction,
    classes.map((p) => Math.log(p) + 3),
    identity(3),
    spread(classes),
  );
});

test('probabilities draw a class, through the softmax', () => {
  expectScore({ kind: 'probabilities', classes: 3, inner: 1 }, classes, spread(classes), spread(classes));
});

test('logarithms of probabilities draw a class, through the softmax', () => {
  const jacobian = classes.map((_, i) => classes.map((p, j) => +(i === j) - p));
  const output = classes.map((p) => Math.log(p));
  expectScore({ kind: 'logProbabilities', classes: 3, inner: 1 }, output, jacobian, spread(classes));
});

test('each pixel of a map of classes draws its own', () => {
  const [first, second] = [classes, [0.2, 0.5, 0.3]];
  const output = first.flatMap((p, label) => [p, second[label]!]);
  const cotangents = Array.from({ length: draws }, (_, draw) =>
    drawnCotangent(
      { kind: 'probabilities', classes: 3, inner: 2 },
      Float32Array.from(output),
      new RandomStream(1, draw),
    ),
  );
  for (const [pixel, own] of [first, second].entries()) {
    own.forEach((p, label) => {
      const drawn = cotangents.filter((cotangent) => cotangent[2 * label + pixel] !== 0);
      expect(Math.abs(drawn.length / draws - p)).toBeLessThan(0.02);
      drawn.forEach((cotangent) => expect(cotangent[2 * label + pixel]).toBeCloseTo(-1 / p, 4));
    });
  }
});

test('a mask draws a label for each pixel, through the sigmoid', () => {
  const output = [0.9, 0.3];
  const slopes = [0.09, 0.21];
  const jacobian = slopes.map((slope, i) => slopes.map((_, j) => (i === j ? slope : 0)));
  expectScore({ kind: 'bernoulli' }, output, jacobian, jacobian);
});

test('certain pixels and classes draw what is certain', () => {
  for (let draw = 0; draw < 100; ++draw) {
    const random = new RandomStream(draw);
    expect([...drawnCotangent({ kind: 'bernoulli' }, Float32Array.of(0, 1), random)]).toEqual([1, -1]);
    const sure: Prediction = { kind: 'probabilities', classes: 3, inner: 1 };
    expect([...drawnCotangent(sure, Float32Array.of(0, 1, 0), random)]).toEqual([0, -1, 0]);
  }
});

test('other values are means of normal distributions', () => {
  expectScore({ kind: 'normal' }, [3, -40], identity(2), identity(2));
});
