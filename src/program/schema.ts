/**
 * The operations that a program may hold: what each reads and writes, and the attributes that it carries. The opcodes'
 * and functions' numbers are their places here. The types of `operation.ts`, the words of `encode.ts`, the headers that
 * C++ reads programs with (`native/program/opcode.h`, `functions.h`, `attributes.h`) and the tables of
 * docs/architecture.md are all made from this.
 */

/** Names that an attribute may take, each with its meaning; empty where the name is clear. */
export const enumerations = {
  /** The last function of an operation, applied to its result, with parameters a and b. */
  Activation: {
    none: '',
    relu: 'max(x, 0)',
    clip: 'min(max(x, a), b)',
    leakyRelu: 'x < 0 ? a·x : x',
    hardSwish: 'a·x·max(0, min(1, x / 6 + 1 / 2)) + b',
  },
  /** Functions of one float, with parameters a and b where named. Those of integers are relu, abs, neg and sign. */
  UnaryFunction: {
    relu: '',
    clip: 'min(max(x, a), b)',
    leakyRelu: 'x < 0 ? a·x : x',
    elu: 'x < 0 ? a·(exp(x) - 1) : x',
    selu: 'b·(x > 0 ? x : a·(exp(x) - 1))',
    celu: 'max(0, x) + min(0, a·(exp(x / a) - 1))',
    sigmoid: '',
    hardSigmoid: 'max(0, min(1, a·x + b))',
    hardSwish: 'a·x·max(0, min(1, x / 6 + 1 / 2)) + b',
    silu: 'x·sigmoid(a·x)',
    mish: 'x·tanh(softplus(x))',
    gelu: 'x / 2·(1 + erf(x / sqrt(2)))',
    geluTanh: '',
    tanh: '',
    softplus: '',
    softsign: '',
    thresholdedRelu: 'x > a ? x : 0',
    shrink: 'x < -a ? x + b : x > a ? x - b : 0',
    exp: '',
    log: '',
    sqrt: '',
    reciprocal: '',
    abs: '',
    neg: '',
    sign: '',
    floor: '',
    ceil: '',
    round: 'half to even',
    erf: '',
    sin: '',
    cos: '',
    tan: '',
    atan: '',
    linear: 'a·x + b',
    asin: '',
    acos: '',
    sinh: '',
    cosh: '',
    asinh: '',
    acosh: '',
    atanh: '',
    scaledTanh: 'a·tanh(b·x)',
  },
  /** Functions of two floats. Those of integers are all but pow, prelu and reluGradient. */
  BinaryFunction: {
    add: '',
    sub: '',
    mul: '',
    div: '',
    pow: '',
    min: '',
    max: '',
    prelu: 'x < 0 ? b·x : x',
    mod: 'fmod',
    reluGradient: 'b > 0 ? a : 0',
    floorMod: 'the remainder that has the sign of b',
  },
  /** Functions of many floats. Those of integers are sum, mean, max, min, prod, l1 and sumSquare. */
  ReduceFunction: {
    sum: '',
    mean: '',
    max: '',
    min: '',
    prod: '',
    l1: '',
    l2: '',
    sumSquare: '',
    logSum: '',
    logSumExp: '',
  },
  /** Comparisons of two numbers. */
  CompareFunction: {
    equal: '',
    less: '',
    lessOrEqual: '',
    greater: '',
    greaterOrEqual: '',
  },
  /** How the value of a point between pixels is computed. */
  Interpolation: { nearest: '', linear: '', cubic: '' },
  /** The values outside of a map. */
  OutsideMap: { zeros: '', border: '', reflection: '' },
  /** How an update changes the element that it is scattered to. */
  ScatterUpdate: { replace: '', add: '', mul: '', max: '', min: '' },
  /** How a bin of a region is computed from its samples. */
  BinPooling: { mean: '', largest: '' },
  /** Functions of two bytes a and b, less their zero points. */
  IntegerBinaryFunction: { add: 'a·aScale + b·bScale', mul: 'a·b·aScale' },
  /** Which element an arg reduction looks for. */
  Extreme: { max: '', min: '' },
  /** Cells of recurrent networks, each with its gates in the order of ONNX: those of gru update, reset and hidden, those of lstm input, output, forget and cell. */
  RecurrentCell: { rnn: '', gru: '', lstm: '' },
} as const;

export type EnumerationName = keyof typeof enumerations;

/** An attribute: its type and the least that its numbers may be. */
export type AttributeSchema =
  | { readonly kind: 'int'; readonly least?: number; readonly default?: number }
  /** `count` ints; where it is absent, all that are left. */
  | { readonly kind: 'ints'; readonly count?: number; readonly least?: number }
  | { readonly kind: 'flag'; readonly default?: boolean }
  | { readonly kind: 'float'; readonly default?: number }
  | { readonly kind: 'name'; readonly of: EnumerationName }
  /** An {@link enumerations.Activation} among the ints, a and b among the floats; none where it is not given. */
  | { readonly kind: 'activation' };

export interface OperationSchema {
  /** Names of the inputs with their dims or types; `?` where one may be absent, `…` for any number of them. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  /** In the order of their words. */
  readonly attributes: Readonly<Record<string, AttributeSchema>>;
  readonly what: string;
}

const int = { kind: 'int' } as const;
const natural = { kind: 'int', least: 0 } as const;
const positive = { kind: 'int', least: 1 } as const;
const rest = { kind: 'ints' } as const;
const flag = { kind: 'flag' } as const;
const float = { kind: 'float' } as const;
/** A parameter that most functions do not have. */
const parameter = { kind: 'float', default: 0 } as const;
const activation = { kind: 'activation' } as const;

const positives = <Count extends number>(count: Count) => ({ kind: 'ints', count, least: 1 }) as const;
const naturals = <Count extends number>(count: Count) => ({ kind: 'ints', count, least: 0 }) as const;
const name = <Name extends EnumerationName>(of: Name) => ({ kind: 'name', of }) as const;

/** Height, then width; pads are top, left, bottom, right. */
const walk = { strides: positives(2), dilations: positives(2), pads: naturals(4) } as const;
const pooling = { kernel: positives(2), ...walk } as const;

/**
 * How a sum of products s becomes a byte: t = s·scale; where `sumsBytes`, t is first rounded and limited to
 * `innerLeast`..`innerMost`; then round(t·sumScale + (residual - residualZeroPoint)·residualScale) + zeroPoint, limited to
 * `least`..`most`. Without a residual it is round(t) + zeroPoint. Each step is rounded to float32; `round` is half to even.
 */
const requantization = {
  zeroPoint: { kind: 'int', default: 0 },
  least: { kind: 'int', default: 0 },
  most: { kind: 'int', default: 0 },
  residualZeroPoint: { kind: 'int', default: 0 },
  innerLeast: { kind: 'int', default: 0 },
  innerMost: { kind: 'int', default: 0 },
  sumsBytes: { kind: 'flag', default: false },
  sumScale: { kind: 'float', default: 1 },
  residualScale: { kind: 'float', default: 0 },
} as const;

export const operations = {
  convolution: {
    inputs: { x: '(N,C,H,W)', w: '(M,C/groups,KH,KW)', 'bias?': '(M)', 'residual?': 'as y' },
    outputs: { y: '(N,M,OH,OW)' },
    attributes: { groups: positive, ...walk, activation },
    what: 'act(conv + bias + residual)',
  },
  gdws: {
    inputs: {
      x: '(N,C,H,W)',
      depthwise: '(G,1,KH,KW)',
      pointwise: '(M,G/groups,1,1)',
      'bias?': '(M)',
      'residual?': 'as y',
    },
    outputs: { y: '(N,M,OH,OW)' },
    attributes: { groups: positive, ...walk, activation, kernels: { kind: 'ints', least: 0 } },
    what: 'act(pointwise·depthwise + bias + residual); `kernels` are the C numbers g_c: channel c has the next g_c rows of `depthwise`; group j of `pointwise` sees the j-th G/groups of the G',
  },
  convolutionTranspose: {
    inputs: { x: '(N,C,H,W)', w: '(C,M/groups,KH,KW)', 'bias?': '(M)' },
    outputs: { y: '(N,M,OH,OW), dims given' },
    attributes: { groups: positive, ...walk, activation },
    what: 'act(transposed conv + bias); the first two pads crop the full result',
  },
  matmul: {
    inputs: { a: '(…,R,K)', b: '(…,K,N) or broadcast', 'bias?': '(N or 1)', 'residual?': 'as y' },
    outputs: { y: '(…,R,N)' },
    attributes: { transposeA: flag, transposeB: flag, alpha: float, activation },
    what: 'act(alpha·a·b + bias + residual)',
  },
  maxPool: {
    inputs: { x: '' },
    outputs: { y: '' },
    attributes: pooling,
    what: 'padding is never the maximum; or uint8 or int8',
  },
  averagePool: {
    inputs: { x: '' },
    outputs: { y: '' },
    attributes: { ...pooling, countIncludePad: flag },
    what: 'divides by the taps inside the map, or inside the padded map',
  },
  unary: {
    inputs: { x: '' },
    outputs: { y: '' },
    attributes: { function: name('UnaryFunction'), a: parameter, b: parameter },
    what: 'y = f(x; a, b); or integers, where f is relu, abs, neg or sign',
  },
  binary: {
    inputs: { a: '', b: '' },
    outputs: { y: '' },
    attributes: { function: name('BinaryFunction'), activation },
    what: 'numpy broadcasting by dims; or integers, without activation, except pow, prelu and reluGradient',
  },
  scaleShift: {
    inputs: { x: '(N,C,…)', scale: '(C)', shift: '(C)' },
    outputs: { y: '' },
    attributes: { activation },
    what: 'batch normalisation that could not be folded',
  },
  normalize: {
    inputs: { x: 'seen as (outer, inner)' },
    outputs: { y: '' },
    attributes: { inner: int, epsilon: float },
    what: '(x - mean) / sqrt(variance + epsilon) over each row of `inner`',
  },
  localResponse: {
    inputs: { x: '(N,C,…)' },
    outputs: { y: '' },
    attributes: { size: int, alpha: float, beta: float, bias: float },
    what: 'ONNX LRN',
  },
  reduce: {
    inputs: { x: '' },
    outputs: { y: '' },
    attributes: { function: name('ReduceFunction'), axes: rest },
    what: "y's dims have the reduced axes as 1; or integers, except l2 and the logarithms",
  },
  argReduce: {
    inputs: { x: '' },
    outputs: { y: 'int64' },
    attributes: { axis: natural, extreme: name('Extreme'), selectLast: flag },
    what: 'where along the axis the extreme is: the first, or the last, of equals',
  },
  softmax: {
    inputs: { x: 'seen as (outer, n, inner)' },
    outputs: { y: '' },
    attributes: { n: int, inner: int, logarithm: flag },
    what: 'over n',
  },
  concat: {
    inputs: { 'x…': 'any type' },
    outputs: { y: '' },
    attributes: { axis: natural },
    what: '',
  },
  strided: {
    inputs: { x: 'any type' },
    outputs: { y: '' },
    attributes: { offset: int, strides: rest },
    what: 'y[i] = x[offset + i·strides], a stride (elements, may be 0 or negative) for each axis of y: slice, split, transpose, expand',
  },
  pad: {
    inputs: { x: 'any type' },
    outputs: { y: '' },
    attributes: { begins: rest, value: float },
    what: 'constant padding: the number of elements before each axis (negative: cropped)',
  },
  gather: {
    inputs: { x: 'any type', index: 'int32 or int64' },
    outputs: { y: '' },
    attributes: { axis: natural },
    what: 'numpy take, indices from -n; those computed in a run are clamped; also edge and reflect padding, tile, nearest resize',
  },
  interpolate: {
    inputs: { x: '', index: 'int32 (out, taps)', weight: '(out, taps)' },
    outputs: { y: '' },
    attributes: { axis: natural },
    what: 'y[…,o,…] = Σ_t weight[o,t]·x[…,index[o,t],…]: one axis of a linear or cubic resize',
  },
  alias: {
    inputs: { x: 'any type' },
    outputs: { y: '' },
    attributes: {},
    what: 'the same memory with other dims',
  },
  cast: {
    inputs: { x: '' },
    outputs: { y: '' },
    attributes: {},
    what: 'between float32, int64, int32, uint8, int8, bool; floats are truncated and saturate, NaN gives 0',
  },
  select: {
    inputs: { condition: 'bool', a: 'any type', b: 'as a' },
    outputs: { y: '' },
    attributes: {},
    what: 'Where, broadcasting',
  },
  compare: {
    inputs: { a: 'any type', b: 'as a' },
    outputs: { y: 'bool' },
    attributes: { function: name('CompareFunction') },
    what: 'broadcasting',
  },
  maxPoolGradient: {
    inputs: { x: '(N,C,H,W)', gradient: "of the pooling's result (N,C,OH,OW)" },
    outputs: { y: 'as x' },
    attributes: pooling,
    what: 'to the first largest tap of each window',
  },
  maxPoolIndices: {
    inputs: { x: '(maps,D,H,W)' },
    outputs: { y: 'int64 (maps,OD,OH,OW)' },
    attributes: {
      kernel: positives(3),
      strides: positives(3),
      dilations: positives(3),
      pads: naturals(6),
      columnMajor: flag,
    },
    what: 'where in x the first largest tap of each window is, counted through all maps; within a map also with the first axis innermost',
  },
  maxUnpool: {
    inputs: { x: '', index: 'int64 (as x)' },
    outputs: { y: '' },
    attributes: {},
    what: 'zeros but y[index[i]] = x[i]: of equal indices the last counts, those outside of y are ignored',
  },
  gridSample: {
    inputs: { x: '(N,C,H,W)', grid: '(N,OH,OW,2)' },
    outputs: { y: '(N,C,OH,OW)' },
    attributes: { interpolation: name('Interpolation'), outside: name('OutsideMap'), alignCorners: flag },
    what: 'ONNX GridSample; or with three spatial axes',
  },
  roiAlign: {
    inputs: { x: '(N,C,H,W)', regions: '(R,4)', image: 'of each (R), int32 or int64' },
    outputs: { y: '(R,C,OH,OW)' },
    attributes: { pooling: name('BinPooling'), samples: natural, halfPixel: flag, scale: float },
    what: 'ONNX RoiAlign; `samples` of a bin along an axis (0: one for each element); images as the indices of `gather`',
  },
  gatherElements: {
    inputs: { x: 'any type', index: 'int32 or int64' },
    outputs: { y: '' },
    attributes: { axis: natural },
    what: 'y[i…] = x[i…] with the index at i… in place of i along the axis; indices as in `gather`',
  },
  gatherND: {
    inputs: { x: 'any type', index: '(…, depth)' },
    outputs: { y: '' },
    attributes: { batchAxes: natural },
    what: 'the `batchAxes` leading axes are common; the last axis of the indices holds one for each of the next `depth` axes of x, as in `gather`',
  },
  scatterElements: {
    inputs: { x: 'any type', index: '', updates: '' },
    outputs: { y: 'as x' },
    attributes: { axis: natural, update: name('ScatterUpdate') },
    what: 'x, with updates where `gatherElements` would read, in the order of the indices; bool only to replace',
  },
  scatterND: {
    inputs: { x: 'any type', index: '(…, depth)', updates: '' },
    outputs: { y: 'as x' },
    attributes: { update: name('ScatterUpdate') },
    what: 'x, with updates where `gatherND` would read, in the order of the indices',
  },
  topK: {
    inputs: { x: 'any type but bool' },
    outputs: { values: '', indices: 'int64' },
    attributes: { axis: natural, largest: flag },
    what: 'the first along the axis, as many as the outputs hold, sorted; NaN is the largest, of equals the first comes first',
  },
  cumulativeSum: {
    inputs: { x: '' },
    outputs: { y: '' },
    attributes: { axis: natural, exclusive: flag, reverse: flag },
    what: 'sums along the axis; or integers',
  },
  quantize: {
    inputs: { x: '', scale: '(1) or along the axis', 'zeroPoint?': 'as scale, of the type of y' },
    outputs: { y: 'uint8 or int8' },
    attributes: { axis: natural },
    what: 'round(x / scale) + zeroPoint, half to even, limited to the type of y; NaN gives its least number',
  },
  dequantize: {
    inputs: {
      x: 'uint8, int8 or int32',
      scale: '(1) or along the axis',
      'zeroPoint?': 'as scale, of the type of x',
    },
    outputs: { y: '' },
    attributes: { axis: natural },
    what: '(x - zeroPoint)·scale',
  },
  dynamicQuantize: {
    inputs: { x: '' },
    outputs: { y: 'uint8', scale: '()', zeroPoint: 'uint8 ()' },
    attributes: {},
    what: 'ONNX DynamicQuantizeLinear: the scale and zero point that the range of x, and 0, needs',
  },
  integerConvolution: {
    inputs: {
      x: '(N,C,H,W), uint8 or int8',
      w: '(M,C/groups,KH,KW), uint8 or int8',
      'xZeroPoint?': '(1), as x',
      'wZeroPoint?': '(M), as w',
      'scale?': '(M)',
      'bias?': '(M), int32',
      'residual?': 'as y, uint8 or int8',
    },
    outputs: { y: '(N,M,OH,OW), uint8, int8, float32 or int32' },
    attributes: { groups: positive, ...walk, ...requantization },
    what: 's = Σ (x - xZeroPoint)·(w - wZeroPoint) + bias, and padding counts as xZeroPoint; y is s as int32, s·scale as float32, or [a byte](#bytes-of-sums)',
  },
  integerGdws: {
    inputs: {
      x: '(N,C,H,W), uint8 or int8',
      depthwise: '(G,1,KH,KW), int8',
      pointwise: '(M,G/groups,1,1), int8',
      'xZeroPoint?': '(1), as x',
      depthwiseScale: '(G)',
      'depthwiseBias?': '(G), int32',
      'scale?': '(M)',
      'bias?': '(M), int32',
      'residual?': 'as y, uint8 or int8',
    },
    outputs: { y: 'as of integerConvolution' },
    attributes: {
      groups: positive,
      ...walk,
      featureZeroPoint: int,
      featureLeast: int,
      featureMost: int,
      ...requantization,
      kernels: { kind: 'ints', least: 0 },
    },
    what: 'the depthwise stage gives features: round(s·depthwiseScale) + featureZeroPoint, limited to featureLeast..featureMost, which lies in uint8 or in int8; the pointwise stage sums them up as `integerConvolution` does; `kernels` and `groups` as in `gdws`',
  },
  integerMatmul: {
    inputs: {
      a: '(…,R,K), uint8 or int8',
      b: '(…,K,N) or broadcast, uint8 or int8',
      'aZeroPoint?': '(1), as a',
      'bZeroPoint?': '(N) or (1), as b',
    },
    outputs: { y: '(…,R,N), int32' },
    attributes: {},
    what: '(a - aZeroPoint)·(b - bZeroPoint)',
  },
  integerBinary: {
    inputs: { a: 'uint8 or int8', b: 'uint8 or int8' },
    outputs: { y: 'uint8 or int8' },
    attributes: {
      function: name('IntegerBinaryFunction'),
      aZeroPoint: int,
      bZeroPoint: int,
      zeroPoint: int,
      least: int,
      most: int,
      aScale: float,
      bScale: float,
    },
    what: 'numpy broadcasting; round(f(a, b)) + zeroPoint, half to even, limited to `least`..`most`; each step of f is rounded to float32',
  },
  integerAveragePool: {
    inputs: { x: '(N,C,H,W), uint8 or int8' },
    outputs: { y: 'uint8 or int8' },
    attributes: { ...pooling, countIncludePad: flag, xZeroPoint: int, zeroPoint: int, scale: float },
    what: 's = Σ (x - xZeroPoint) over the taps inside the map; round(s·(scale / n)) + zeroPoint, half to even, limited to the type of y, each step rounded to float32; n as in `averagePool`',
  },
  table: {
    inputs: { x: 'uint8 or int8', table: '(256), or (C,256) for x (N,C,…); as y' },
    outputs: { y: 'any type of one byte' },
    attributes: {},
    what: 'y = table[x], or table[c, x] in channel c, x counted as its bits without sign',
  },
  recurrent: {
    inputs: {
      x: '(T,B,G·H)',
      r: '(G·H,H)',
      'bias?': '(H)',
      'lengths?': 'int32 (B)',
      'initial?': '(B,H)',
      'initialCell?': '(B,H)',
      'peepholes?': '(3·H)',
    },
    outputs: { y: '(T,B,H)', last: '(B,H)', 'lastCell?': '(B,H)' },
    attributes: {
      cell: name('RecurrentCell'),
      reverse: flag,
      linearBeforeReset: flag,
      inputForget: flag,
      f: name('UnaryFunction'),
      g: name('UnaryFunction'),
      h: name('UnaryFunction'),
      clip: float,
      fA: parameter,
      fB: parameter,
      gA: parameter,
      gB: parameter,
      hA: parameter,
      hB: parameter,
    },
    what: 'one direction of ONNX RNN, GRU (G = 3) or LSTM (G = 4): x holds X·Wᵀ and the biases of all gates, but for that of the hidden gate of a gru with `linearBeforeReset`, which is `bias`; sequence b ends after lengths[b] steps, limited to 0..T, from where on y is 0 (and the last states, where there is no step); cells, `inputForget` and peepholes (of input, output and forget gate) are those of lstm; arguments of f and g are limited to -`clip`..`clip` where it is positive',
  },
} as const satisfies Record<string, OperationSchema>;
