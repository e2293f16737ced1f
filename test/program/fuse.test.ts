import fc from 'fast-check';
import { native } from '../../src/addon/native';
import { float32ToFloat16 } from '../../src/onnx/float16';
import { elementCount, type Constant } from '../../src/onnx/value';
import { ConstantPool, toNativeConstants } from '../../src/program/constant-pool';
import { encodeProgram } from '../../src/program/encode';
import { fuse } from '../../src/program/fuse/fuse';
import {
  operationOf,
  type AttributesArgument,
  type OpcodeName,
  type Operation,
  type ValueId,
} from '../../src/program/operation';
import { Program } from '../../src/program/program';

/** Numbers between -1 and 1, the same for the same seed. */
function randomFloats(count: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** A program under construction, with input 0 as value 0. */
class Draft {
  readonly program = new Program();
  readonly constants = new Map<number, Constant>();
  readonly pool = new ConstantPool();
  private seed = 1;

  constructor(...inputDims: number[][]) {
    for (const dims of inputDims) {
      const index = this.program.inputs.length;
      this.program.inputs.push(this.program.addValue({ type: 'float32', dims, storage: 'input', index }));
    }
  }

  constant(dims: number[], data = randomFloats(elementCount(dims), this.seed++)): ValueId {
    const constant: Constant = { type: 'float32', dims, data };
    return this.add(constant);
  }

  indices(...data: number[]): ValueId {
    return this.add({ type: 'int64', dims: [data.length], data: BigInt64Array.from(data, BigInt) });
  }

  /** Makes all floats of constants float16, as models may have them. */
  narrow(): void {
    for (const [index, { type, dims, data }] of this.constants) {
      if (type !== 'float32') continue;
      this.constants.set(index, { type: 'float16', dims, data: float32ToFloat16(data as Float32Array) });
    }
  }

  add(constant: Constant): ValueId {
    const index = this.pool.numberOf(constant);
    this.constants.set(index, constant);
    const type = constant.type as 'float32' | 'int64';
    return this.program.addValue({ type, dims: constant.dims, storage: 'constant', index });
  }

  emit<Opcode extends OpcodeName>(
    opcode: Opcode,
    inputs: (ValueId | undefined)[],
    dims: number[],
    ...attributes: AttributesArgument<Opcode>
  ): ValueId {
    const output = this.program.addValue({ type: 'float32', dims, storage: 'temporary', index: -1 });
    const origin = { node: `n${output}`, operator: opcode };
    this.program.operations.push(operationOf(opcode, inputs, [output], origin, ...attributes));
    return output;
  }

  /** 3×3 convolution with padding 1, so that maps keep their size. */
  convolution(x: ValueId, outputs: number, { groups = 1, size = 3, bias = false } = {}): ValueId {
    const [batch, channels, height, width] = this.program.values[x]!.dims as [number, number, number, number];
    const weights = this.constant([outputs, channels / groups, size, size]);
    const pad = (size - 1) / 2;
    return this.emit(
      'convolution',
      [x, weights, bias ? this.constant([outputs]) : undefined],
      [batch, outputs, height, width],
      { groups, strides: [1, 1], dilations: [1, 1], pads: [pad, pad, pad, pad] },
    );
  }

  binary(name: 'add' | 'mul', a: ValueId, b: ValueId): ValueId {
    const dims = [...this.program.values[a]!.dims];
    return this.emit('binary', [a, b], dims, { function: name });
  }

  unary(name: 'relu' | 'clip' | 'leakyRelu' | 'sigmoid' | 'hardSigmoid', x: ValueId, a = 0, b = 0): ValueId {
    return this.emit('unary', [x], [...this.program.values[x]!.dims], { function: name, a, b });
  }

  channels(x: ValueId): number {
    return this.program.values[x]!.dims[1]!;
  }

  run(): Float32Array[] {
    const { program } = this;
    const compiled = native()
      .createSession(1)
      .compile(encodeProgram(program), [...toNativeConstants(this.constants)]);
    const inputs = program.inputs.map((id, i) => randomFloats(elementCount(program.values[id]!.dims), 100 + i));
    return compiled.runSync(inputs).map((bytes) => new Float32Array(bytes));
  }

  opcodes(): string[] {
    return this.program.operations.map(({ opcode }) => opcode);
  }
}

/** Builds the same program twice, fuses one, and expects the same results, from these operations where they are given. */
function expectFusion(build: () => Draft, fused?: string[]): Draft {
  const plain = build();
  const draft = build();
  fuse(draft, draft.pool);
  if (fused) expect(draft.opcodes()).toEqual(fused);
  const expected = plain.run();
  const actual = draft.run();
  expected.forEach((values, output) => {
    const scale = Math.max(...values.map(Math.abs));
    values.forEach((value, i) => expect(Math.abs(value - actual[output]![i]!)).toBeLessThanOrEqual(1e-5 * scale));
  });
  return draft;
}

const dims = [2, 4, 5, 7];

describe('fusion keeps the result', () => {
  test.each([
    ['relu', []],
    ['clip', [0.1, 0.5]],
    ['leakyRelu', [0.2]],
  ] as const)('of a convolution and %s', (name, floats) => {
    expectFusion(() => {
      const draft = new Draft(dims);
      draft.program.outputs.push(draft.unary(name, draft.convolution(0, 6), ...floats));
      return draft;
    }, ['convolution']);
  });

  test('of a residual block, whose shortcut may be a convolution too', () => {
    expectFusion(() => {
      const draft = new Draft(dims);
      const first = draft.unary('relu', draft.convolution(0, 4));
      const main = draft.convolution(first, 6);
      const shortcut = draft.convolution(0, 6, { size: 1 });
      draft.program.outputs.push(draft.unary('relu', draft.binary('add', main, shortcut)));
      return draft;
    }, ['convolution', 'convolution', 'convolution']);
  });

  test('where the residual is computed after the convolution', () => {
    expectFusion(() => {
      const draft = new Draft(dims);
      const convolved = draft.convolution(0, 4, { bias: true });
      const residual = draft.unary('sigmoid', 0);
      draft.program.outputs.push(draft.binary('add', convolved, residual));
      return draft;
    }, ['unary', 'convolution']);
  });

  test('of a bias by Add, and a residual after it that is computed in between', () => {
    expectFusion(() => {
      const draft = new Draft(dims);
      const biased = draft.binary('add', draft.convolution(0, 4), draft.constant([4, 1, 1]));
      const residual = draft.unary('sigmoid', 0);
      draft.program.outputs.push(draft.binary('add', biased, residual));
      return draft;
    }, ['unary', 'convolution']);
  });

  test('and leaves what something else reads', () => {
    expectFusion(() => {
      const draft = new Draft(dims);
      const convolved = draft.convolution(0, 4);
      draft.program.outputs.push(convolved, draft.unary('relu', convolved), draft.binary('add', convolved, 0));
      return draft;
    }, ['convolution', 'unary', 'binary']);
  });

  test('and does not take an Add that broadcasts for a residual', () => {
    expectFusion(() => {
      const draft = new Draft(dims, [1, 1, 5, 7]);
      draft.program.outputs.push(draft.binary('add', draft.convolution(0, 4), 1));
      return draft;
    }, ['convolution', 'binary']);
  });

  test('when both sides of an Add are the same', () => {
    expectFusion(() => {
      const draft = new Draft(dims);
      const convolved = draft.convolution(0, 4);
      draft.program.outputs.push(draft.binary('add', convolved, convolved));
      return draft;
    }, ['convolution', 'binary']);
  });
});

describe('Gather, depthwise and pointwise become one operation', () => {
  const gathered = (draft: Draft, ...indices: number[]) =>
    draft.emit('gather', [0, draft.indices(...indices)], [2, indices.length, 5, 7], { axis: 1 });

  test.each([
    ['in order, with channels left out', [0, 0, 2, 2, 2]],
    ['in any order, counted from the end too', [3, 0, -1, 1, 0, 3]],
  ])('%s', (_, indices) => {
    const draft = expectFusion(() => {
      const draft = new Draft(dims);
      const depthwise = draft.convolution(gathered(draft, ...indices), indices.length, {
        groups: indices.length,
        bias: true,
      });
      draft.program.outputs.push(draft.unary('relu', draft.convolution(depthwise, 6, { size: 1, bias: true })));
      return draft;
    }, ['gdws']);
    const counts = [0, 1, 2, 3].map((c) => indices.filter((index) => (index + 4) % 4 === c).length);
    expect((draft.program.operations[0] as Operation<'gdws'>).attributes.kernels).toEqual(counts);
  });

  test('with float16 weights', () => {
    expectFusion(() => {
      const draft = new Draft(dims);
      const depthwise = draft.convolution(gathered(draft, 3, 0, 1, 0), 4, { groups: 4, bias: true });
      draft.program.outputs.push(draft.convolution(depthwise, 6, { size: 1, bias: true }));
      draft.narrow();
      return draft;
    }, ['gdws']);
  });

  test('without a gather, and with a depth multiplier', () => {
    for (const multiplier of [1, 3]) {
      expectFusion(() => {
        const draft = new Draft(dims);
        const depthwise = draft.convolution(0, 4 * multiplier, { groups: 4 });
        draft.program.outputs.push(draft.convolution(depthwise, 6, { size: 1 }));
        return draft;
      }, ['gdws']);
    }
  });

  test('where the gather makes an axis, which stays', () => {
    expectFusion(() => {
      const draft = new Draft([2, 4, 6]);
      const index = draft.add({ type: 'int64', dims: [3, 2], data: BigInt64Array.of(0n, 1n, 2n, 3n, 1n, 2n) });
      const maps = draft.emit('gather', [0, index], [2, 3, 2, 6], { axis: 1 });
      draft.program.outputs.push(draft.convolution(draft.convolution(maps, 3, { groups: 3 }), 5, { size: 1 }));
      return draft;
    }, ['gather', 'gdws']);
  });

  test('with a grouped pointwise stage', () => {
    expectFusion(() => {
      const draft = new Draft(dims);
      const depthwise = draft.convolution(gathered(draft, 0, 0, 1, 2, 3, 3), 6, { groups: 6, bias: true });
      draft.program.outputs.push(draft.convolution(depthwise, 8, { size: 1, groups: 2 }));
      return draft;
    }, ['gdws']);
  });

  test.each([
    ['depthwise, again depthwise and pointwise', [4, 4, 6], [4, 4, 1], ['gdws', 'convolution']],
    ['depthwise, twice depthwise and pointwise', [4, 4, 4, 6], [4, 4, 4, 1], ['gdws', 'gdws']],
    ['three convolutions of one channel', [1, 1, 6], [1, 1, 1], ['gdws', 'convolution']],
    ['four convolutions of one channel', [1, 1, 1, 5], [1, 1, 1, 1], ['gdws', 'gdws']],
  ])('once each, of %s', (_, outputs, groups, fused) => {
    expectFusion(() => {
      const draft = new Draft([2, groups[0]!, 5, 7]);
      const convolved = outputs.reduce(
        (x, count, i) => draft.convolution(x, count, { groups: groups[i]!, size: i === 0 ? 3 : 1, bias: true }),
        0,
      );
      draft.program.outputs.push(convolved);
      return draft;
    }, fused);
  });

  test('but not where something reads the middle', () => {
    expectFusion(() => {
      const draft = new Draft(dims);
      const depthwise = draft.convolution(0, 4, { groups: 4 });
      draft.program.outputs.push(draft.convolution(depthwise, 6, { size: 1 }), depthwise);
      return draft;
    }, ['convolution', 'convolution']);
  });
});

/** What a random chain adds next to what it has; `pick` gives a number below its argument. */
const steps: Record<string, (draft: Draft, x: ValueId, pick: (count: number) => number, all: ValueId[]) => ValueId> = {
  depthwise: (draft, x, pick) => {
    const channels = draft.channels(x);
    const multiplier = channels < 8 ? 1 + pick(2) : 1;
    return draft.convolution(x, channels * multiplier, {
      groups: channels,
      size: [1, 3][pick(2)]!,
      bias: pick(2) === 0,
    });
  },
  grouped: (draft, x, pick) => {
    const channels = draft.channels(x);
    const groups = channels % 2 === 0 ? 2 : 1;
    return draft.convolution(x, groups * (1 + pick(2)), { groups, size: 1, bias: pick(2) === 0 });
  },
  pointwise: (draft, x, pick) => draft.convolution(x, 1 + pick(4), { size: 1, bias: pick(2) === 0 }),
  gather: (draft, x, pick) => {
    const channels = draft.channels(x);
    const indices = Array.from({ length: 1 + pick(4) }, () => pick(2 * channels) - channels);
    const [images, , height, width] = draft.program.values[x]!.dims as [number, number, number, number];
    return draft.emit('gather', [x, draft.indices(...indices)], [images, indices.length, height, width], { axis: 1 });
  },
  activation: (draft, x, pick) => draft.unary((['relu', 'clip', 'leakyRelu'] as const)[pick(3)]!, x, 0.1, 0.8),
  gate: (draft, x, pick) => {
    const gate = pick(2) === 0 ? draft.unary('sigmoid', x) : draft.unary('hardSigmoid', x, 1 / 6, 0.5);
    return pick(2) === 0 ? draft.binary('mul', x, gate) : draft.binary('mul', gate, x);
  },
  bias: (draft, x) => draft.binary('add', x, draft.constant([draft.channels(x), 1, 1])),
  residual: (draft, x, pick, all) => {
    const alike = all.filter((id) => draft.program.values[id]!.dims.join() === draft.program.values[x]!.dims.join());
    const other = alike[pick(alike.length)]!;
    return pick(2) === 0 ? draft.binary('add', x, other) : draft.binary('add', other, x);
  },
  pad: (draft, x, pick) => {
    const [images, channels, height, width] = draft.program.values[x]!.dims as [number, number, number, number];
    if (height * width > 100) return x;
    const [top, left] = [pick(2), pick(2)];
    return draft.emit('pad', [x], [images, channels, height + top + 1, width + left], {
      begins: [0, 0, top, left],
      value: 0,
    });
  },
};

test('fusion keeps the result of random chains, whatever each pass has taken before', () => {
  const step = fc.record({
    kind: fc.constantFrom(...Object.keys(steps)),
    choices: fc.array(fc.nat(59), { minLength: 6, maxLength: 6 }),
    /** Whether something else reads the result. */
    exposed: fc.nat(9).map((share) => share === 0),
  });
  const channelCount = fc.integer({ min: 1, max: 3 });
  const keepsResult = fc.property(channelCount, fc.array(step, { minLength: 2, maxLength: 10 }), (channels, chain) => {
    expectFusion(() => {
      const draft = new Draft([1, channels, 3, 4]);
      const all: ValueId[] = [0];
      for (const { kind, choices, exposed } of chain) {
        let asked = 0;
        const pick = (count: number) => choices[asked++ % choices.length]! % count;
        all.push(steps[kind]!(draft, all.at(-1)!, pick, all));
        if (exposed && all.at(-1) !== 0) draft.program.outputs.push(all.at(-1)!);
      }
      draft.program.outputs.push(all.at(-1)!);
      return draft;
    });
  });
  fc.assert(keepsResult, { numRuns: Number(process.env.GDWS_NETWORKS ?? 150), seed: 20 });
});
