/** Times of the layers of one network on one machine: plain numbers, in milliseconds, ready for JSON. */
export interface LatencyModel {
  /** Threads of a run. */
  readonly threads: number;
  /** Images of a run. */
  readonly batch: number;
  /** Instruction set of the engine. */
  readonly instructionSet: string;
  /** Time of a run of the dense network, including all that is not in `layers`; in integers with the option `int8`. */
  readonly dense: number;
  /** With `int8`: what floats take. */
  readonly inFloats?: FloatLatency;
  /** By layer name; layers that could not be timed are absent. */
  readonly layers: Readonly<Record<string, LayerLatency>>;
}

/** Times, in milliseconds, of what is in floats in a network of integers. */
export interface FloatLatency {
  /** Time of a run of the dense network that is in floats altogether. */
  readonly dense: number;
  /**
   * By layer name: times of a layer that alone is in floats, with the conversion of what it reads and gives.
   */
  readonly layers: Readonly<Record<string, LayerLatency>>;
  /**
   * By how much longer the network takes with another product (Conv, ConvTranspose, Gemm, MatMul) in floats, with the conversion; by
   * its name.
   */
  readonly products: Readonly<Record<string, number>>;
}

/** Times of one layer: the total of all nodes that share its weights. */
export interface LayerLatency {
  /** Time as the standard convolution. */
  readonly dense: number;
  /** Numbers G of depthwise kernels, ascending. */
  readonly kernels: readonly number[];
  /** Time as GDWS at each of them, non-decreasing. */
  readonly gdws: readonly number[];
}

/** GDWS must gain this share to count as faster: the uncertainty of the times. */
const margin = 0.03;

/** Milliseconds as GDWS with G = `kernels` depthwise kernels: linear interpolation and extrapolation of the measured times. */
export function gdwsLatency({ kernels: known, gdws }: LayerLatency, kernels: number): number {
  if (known.length === 1) return gdws[0]! * Math.max(1, kernels / known[0]!);
  const above = known.findIndex((count) => count >= kernels);
  const right = above < 0 ? known.length - 1 : Math.max(1, above);
  const [from, to] = [known[right - 1]!, known[right]!];
  const slope = (gdws[right]! - gdws[right - 1]!) / (to - from);
  return Math.max(0, gdws[right - 1]! + slope * (kernels - from));
}

/** Costs of a layer in milliseconds, for the allocation: dense, and after each number n >= 1 of steps. */
export interface LatencyCosts {
  readonly dense: number;
  /**
   * `costs[n]` after n steps; infinite, so that it is not chosen, from where GDWS is not clearly faster than dense or was not
   * measured.
   */
  readonly costs: Float64Array;
}

/** @param groups kernels that one step adds */
export function latencyCosts(layer: LayerLatency | undefined, groups: number, steps: number): LatencyCosts {
  const costs = new Float64Array(steps + 1).fill(Infinity);
  costs[0] = 0;
  if (!layer) return { dense: 0, costs };
  const most = Math.min(steps, Math.floor(layer.kernels.at(-1)! / groups));
  for (let step = 1; step <= most; ++step) {
    const time = gdwsLatency(layer, step * groups);
    if (time >= (1 - margin) * layer.dense) break;
    costs[step] = time;
  }
  return { dense: layer.dense, costs };
}

/**
 * Milliseconds of the network with some layers as GDWS.
 *
 * @param replaced their numbers of kernels, by layer name
 * @param floatProducts of a network in integers, the products that are in floats, by name
 */
export function networkLatency(
  model: LatencyModel,
  replaced: ReadonlyMap<string, number>,
  floatProducts: ReadonlySet<string> = new Set(),
): number {
  const { inFloats } = model;
  let time = model.dense;
  for (const product of floatProducts) {
    time += inFloats?.products[product] ?? 0;
    const [integers, floats] = [model.layers[product], inFloats?.layers[product]];
    if (integers && floats) time += floats.dense - integers.dense;
  }
  if (isAllFloat(model, floatProducts)) time = Math.min(time, inFloats!.dense);
  for (const [name, kernels] of replaced) {
    const layer = (floatProducts.has(name) ? inFloats?.layers[name] : undefined) ?? model.layers[name];
    if (layer) time += gdwsLatency(layer, kernels) - layer.dense;
  }
  return time;
}

/** Whether nothing whose times are known is in integers: nothing is converted then. */
export function isAllFloat({ layers, inFloats }: LatencyModel, floatProducts: ReadonlySet<string>): boolean {
  const names = [...Object.keys(layers), ...Object.keys(inFloats?.products ?? {})];
  return inFloats !== undefined && names.length > 0 && names.every((name) => floatProducts.has(name));
}
