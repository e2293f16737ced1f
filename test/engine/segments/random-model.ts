import type { NodeParts } from '../../../src/onnx/make';
import type { ModelProto } from '../../../src/onnx/onnx_pb';
import type { Random } from '../../operators/random';
import { body, floats, info, ints, model } from './models';

/** Length of every vector but those of chosen elements. */
export const length = 5;

/**
 * Models of nested If, Loop and Scan, and of elements that are chosen by their values. Every tensor that nodes share is a vector of
 * floats between -1 and 1, so that any of them may be combined. Names repeat between graphs that stand beside each other.
 */
export class RandomModel {
  private readonly constants = {
    zero: floats([], 0),
    axis: ints([1], 0),
    limit: floats([], 0.7),
    first: ints([], 0),
    long: ints([], 3),
  };

  constructor(private readonly random: Random) {}

  make(): ModelProto {
    const { nodes, values } = this.nodes(['x', 'z'], 0, 3, 5);
    return model({
      nodes,
      inputs: [
        info('x', 'float32', ['n']),
        info('z', 'float32', ['n']),
        info('trips', 'int64', []),
        info('flag', 'bool', []),
      ],
      outputs: values.slice(-3),
      initializers: this.constants,
    });
  }

  /** Nodes over some visible vectors, and the vectors that they add. */
  private nodes(visible: readonly string[], from: number, depth: number, count: number) {
    const nodes: NodeParts[] = [];
    const values: string[] = [];
    let number = from;
    const fresh = () => `t${number++}`;
    for (let i = 0; i < count; i++) {
      const all = [...visible, ...values];
      const output = fresh();
      const kind = depth > 0 ? this.random.integer(0, 8) : this.random.integer(0, 3);
      if (kind <= 1) {
        const [opType, inputs] = this.random.pick([
          ['Tanh', 1],
          ['Sub', 2],
          ['Mul', 2],
          ['Neg', 1],
          ['Identity', 1],
        ] as const);
        const input = Array.from({ length: inputs }, () => this.random.pick(all));
        if (opType !== 'Sub') nodes.push({ opType, input, output: [output] });
        else {
          const difference = fresh();
          nodes.push(
            { opType, input, output: [difference] },
            { opType: 'Tanh', input: [difference], output: [output] },
          );
        }
      } else if (kind <= 3) this.choose(nodes, all, output, fresh);
      else if (kind <= 5) this.branch(nodes, all, output, fresh, depth);
      else if (kind <= 7) this.loop(nodes, all, output, fresh, depth);
      else this.scan(nodes, all, output, fresh, depth);
      values.push(output);
    }
    return { nodes, values };
  }

  /** The sum of the elements above the limit, and how many these are. */
  private choose(nodes: NodeParts[], all: readonly string[], output: string, fresh: () => string): void {
    const [above, places, chosen, sum, shape, count, mean, added] = Array.from<unknown, string>({ length: 8 }, fresh);
    const x = this.random.pick(all);
    nodes.push(
      { opType: 'Greater', input: [x, 'zero'], output: [above!] },
      { opType: 'NonZero', input: [above!], output: [places!] },
      { opType: 'Gather', input: [x, places!], output: [chosen!] },
      { opType: 'ReduceSum', input: [chosen!], output: [sum!], attributes: { keepdims: 0 } },
      { opType: 'Shape', input: [chosen!], output: [shape!] },
      { opType: 'Cast', input: [shape!], output: [count!], attributes: { to: 1 } },
      { opType: 'ReduceSum', input: [count!], output: [mean!], attributes: { keepdims: 0 } },
      { opType: 'Sub', input: [sum!, mean!], output: [added!] },
      { opType: 'Mul', input: [added!, this.random.pick(all)], output: [`${output}a`] },
      { opType: 'Tanh', input: [`${output}a`], output: [output] },
    );
  }

  private condition(nodes: NodeParts[], all: readonly string[], fresh: () => string): string {
    const kind = this.random.integer(0, 2);
    if (kind === 0) return 'flag';
    const [value, condition] = [fresh(), fresh()];
    if (kind === 1) {
      nodes.push(
        { opType: 'ReduceMax', input: [this.random.pick(all)], output: [value], attributes: { keepdims: 0 } },
        { opType: 'Less', input: [value, 'limit'], output: [condition] },
      );
    } else {
      const scalar = fresh();
      nodes.push(
        { opType: 'Shape', input: [this.random.pick(all)], output: [value] },
        { opType: 'Gather', input: [value, 'first'], output: [scalar] },
        { opType: 'Greater', input: [scalar, 'long'], output: [condition] },
      );
    }
    return condition;
  }

  private branch(nodes: NodeParts[], all: readonly string[], output: string, fresh: () => string, depth: number): void {
    const condition = this.condition(nodes, all, fresh);
    const from = 100 * (5 - depth) + nodes.length * 1000;
    const side = () => {
      const made = this.nodes(all, from, depth - 1, this.random.integer(1, 3));
      return body({ nodes: made.nodes, outputs: [made.values.at(-1)!] });
    };
    nodes.push({
      opType: 'If',
      input: [condition],
      output: [output],
      attributes: { then_branch: side(), else_branch: side() },
    });
  }

  private loop(nodes: NodeParts[], all: readonly string[], output: string, fresh: () => string, depth: number): void {
    const from = 100 * (5 - depth) + nodes.length * 1000;
    const [trip, going, state, last, scanned, sum] = Array.from<unknown, string>({ length: 6 }, fresh);
    const made = this.nodes([...all, state!], from, depth - 1, this.random.integer(1, 3));
    const next = made.values.at(-1)!;
    const again: NodeParts[] =
      this.random.next() < 0.5
        ? [{ opType: 'Identity', input: [going!], output: [`${state}goes`] }]
        : [
            { opType: 'ReduceMax', input: [next], output: [`${state}most`], attributes: { keepdims: 0 } },
            { opType: 'Less', input: [`${state}most`, 'limit'], output: [`${state}goes`] },
          ];
    const loopBody = body({
      nodes: [...made.nodes, ...again],
      inputs: [info(trip!, 'int64', []), info(going!, 'bool', []), info(state!, 'float32', ['m'])],
      outputs: [`${state}goes`, next, this.random.pick([next, made.values[0]!])],
    });
    nodes.push(
      {
        opType: 'Loop',
        input: ['trips', this.random.pick(['', 'flag']), this.random.pick(all)],
        output: [last!, scanned!],
        attributes: { body: loopBody },
      },
      { opType: 'ReduceSum', input: [scanned!], output: [sum!], attributes: { keepdims: 0 } },
      { opType: 'Mul', input: [sum!, last!], output: [`${output}a`] },
      { opType: 'Tanh', input: [`${output}a`], output: [output] },
    );
  }

  private scan(nodes: NodeParts[], all: readonly string[], output: string, fresh: () => string, depth: number): void {
    const from = 100 * (5 - depth) + nodes.length * 1000;
    const [state, item, last, items, stacked, mean] = Array.from<unknown, string>({ length: 6 }, fresh);
    const made = this.nodes([...all, state!], from, depth - 1, this.random.integer(1, 2));
    const scanBody = body({
      nodes: [...made.nodes, { opType: 'Mul', input: [made.values.at(-1)!, item!], output: [`${state}next`] }],
      inputs: [info(state!, 'float32', ['m']), info(item!, 'float32', [])],
      // onnxruntime needs the number of their axes.
      outputs: [`${state}next`, made.values.at(-1)!].map((name) => info(name, 'float32', ['m'])),
    });
    nodes.push(
      {
        opType: 'Scan',
        input: [this.random.pick(all), this.random.pick(all)],
        output: [last!, items!],
        attributes: {
          body: scanBody,
          num_scan_inputs: 1,
          scan_input_directions: [this.random.integer(0, 1)],
          scan_output_axes: [this.random.integer(0, 1)],
        },
      },
      { opType: 'ReduceSum', input: [items!], output: [stacked!], attributes: { keepdims: 0 } },
      { opType: 'Add', input: [stacked!, last!], output: [mean!] },
      { opType: 'Tanh', input: [mean!], output: [output] },
    );
  }
}
