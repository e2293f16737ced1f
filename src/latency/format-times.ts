import type { Graph } from '../graph/graph';
import { nameOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import { elementCount, type KnownValue } from '../onnx/value';
import type { Program } from '../program/program';
import { runTime, type ProgramTime } from './time-programs';

/** A product (Conv, ConvTranspose, Gemm, MatMul) whose format of numbers may be chosen. */
export interface PlacedProduct {
  /** Of its node. */
  readonly name: string;
  /** Numbers of its operations, in the program of integers and in that of floats. */
  readonly integers: readonly number[];
  readonly floats: readonly number[];
  /** Elements that it reads and gives: they are converted where it alone is in floats. */
  readonly elements: number;
  /** Equal for products that compute the same on maps of the same size. */
  readonly kind: string;
}

/** The same network in integers, in floats, and with some of its products in floats; of the same rounds. */
export interface FormatTimes {
  readonly integers: ProgramTime;
  readonly floats: ProgramTime;
  readonly mixed: ProgramTime;
}

/** Places products in the programs of a network in integers and in floats. */
export function placeProducts(
  graph: Graph,
  products: readonly NodeProto[],
  values: ReadonlyMap<string, KnownValue>,
  { integers, floats }: { readonly integers: Program; readonly floats: Program },
): PlacedProduct[] {
  const [ofIntegers, ofFloats] = [operationsByNode(integers), operationsByNode(floats)];
  return products.map((node) => {
    const dimsOf = (name: string) => values.get(name)?.dims ?? graph.constant(name)?.dims ?? [];
    const { opType, attribute } = node;
    return {
      name: nameOf(node),
      integers: ofIntegers.get(nameOf(node)) ?? [],
      floats: ofFloats.get(nameOf(node)) ?? [],
      elements: elementCount(dimsOf(node.input[0]!)) + elementCount(dimsOf(node.output[0]!)),
      kind: JSON.stringify([opType, [...node.input, node.output[0]!].map(dimsOf), attribute], (_, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      ),
    };
  });
}

function operationsByNode({ operations }: Program): Map<string, number[]> {
  const found = new Map<string, number[]>();
  operations.forEach(({ origin }, number) => found.set(origin.node, [...(found.get(origin.node) ?? []), number]));
  return found;
}

/** By how much longer a network in integers takes with one product in floats, in milliseconds. */
export interface FloatTime {
  /** The product itself; less than 0 where floats are faster. */
  readonly longer: number;
  /** To convert what it reads and gives. */
  readonly conversion: number;
}

/**
 * What it takes to have products in floats, by name. What the network with some of its products in floats takes beyond the difference of these products is the conversion of what they read
 * and give, in proportion to its size: the upper end, since floats between two of these products are not converted.
 *
 * @param scale of the times
 * @param inFloats the products that are in floats in `mixed`
 */
export function floatTimes(
  products: readonly PlacedProduct[],
  inFloats: ReadonlySet<string>,
  { integers, floats, mixed }: FormatTimes,
  scale: number,
): Record<string, FloatTime> {
  const total = (time: ProgramTime, operations: readonly number[]) =>
    operations.reduce((sum, operation) => sum + (time.operations.get(operation) ?? 0), 0);
  const differences = new Map<string, number[]>();
  for (const product of products) {
    const difference = total(floats, product.floats) - total(integers, product.integers);
    differences.set(product.kind, [...(differences.get(product.kind) ?? []), difference]);
  }
  // Equal products have one time: otherwise the allocation would prefer those whose times are too short by chance.
  const differenceOf = ({ kind }: PlacedProduct) => {
    const own = differences.get(kind)!;
    return own.reduce((sum, one) => sum + one, 0) / own.length;
  };
  let [elements, beyond] = [0, runTime(mixed) - runTime(integers)];
  for (const product of products) {
    if (!inFloats.has(product.name)) continue;
    elements += product.elements;
    beyond -= differenceOf(product);
  }
  const perElement = elements > 0 ? Math.max(0, beyond / elements) : 0;
  return Object.fromEntries(
    products.map((product) => [
      product.name,
      { longer: scale * differenceOf(product), conversion: scale * perElement * product.elements },
    ]),
  );
}
