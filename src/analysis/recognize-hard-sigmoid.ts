import type { Graph } from '../graph/graph';
import { floatAttribute } from '../onnx/attribute';
import { isStandardDomain } from '../onnx/domain';
import { makeNode } from '../onnx/make';
import { nameOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import { numbersOf } from '../operators/elements';
import { fixed } from './fold-scaling';

/** clip(x + shift, 0, top) / top, or a factor times it, as an exporter wrote it. */
interface HardSigmoid {
  readonly x: string;
  /** What it is multiplied by before the division, if anything. */
  readonly factor?: string;
  readonly shift: number;
  readonly top: number;
  /** All its nodes but the one that divides. */
  readonly nodes: readonly NodeProto[];
}

/**
 * Replaces clip(x + t, 0, d) / d and z·clip(x + t, 0, d) / d, as older exporters write the hard sigmoid and the hard swish, by
 * HardSigmoid(x) and z·HardSigmoid(x), where nothing else reads the values between.
 *
 * @see https://onnx.ai/onnx/operators/onnx__HardSigmoid.html
 * @returns how many were replaced
 */
export function recognizeHardSigmoid(graph: Graph): number {
  if (graph.opset < 7) return 0;
  const replacements = new Map<NodeProto, NodeProto[]>();
  for (const node of graph.nodes) {
    const found = hardSigmoidOf(graph, node);
    if (!found) continue;
    const { x, factor, shift, top, nodes } = found;
    const [result] = node.output as [string];
    const sigmoid = factor === undefined ? result : graph.uniqueName(`${nameOf(node)}.sigmoid`);
    const name = nameOf(node);
    const attributes = { alpha: { float: 1 / top }, beta: { float: shift / top } };
    const parts = { opType: 'HardSigmoid', input: [x], output: [sigmoid], attributes };
    replacements.set(
      node,
      factor === undefined
        ? [makeNode({ ...parts, name })]
        : [
            makeNode({ ...parts, name: sigmoid }),
            makeNode({ opType: 'Mul', name, input: [factor, sigmoid], output: [result] }),
          ],
    );
    for (const one of nodes) replacements.set(one, []);
  }
  if (replacements.size > 0) {
    graph.replace(replacements);
    graph.removeDead();
  }
  return [...replacements.values()].filter((by) => by.length > 0).length;
}

function hardSigmoidOf(graph: Graph, node: NodeProto): HardSigmoid | undefined {
  const division = divisionOf(graph, node);
  if (!division) return undefined;
  const { source, divisor } = division;
  const before = soleProducer(graph, source);
  if (!before) return undefined;
  const clip = clipOf(graph, before, divisor);
  if (clip) return clip;
  if (before.opType !== 'Mul' || !isStandardDomain(before.domain) || before.input.length !== 2) return undefined;
  for (const place of [0, 1]) {
    const clipped = soleProducer(graph, before.input[place]!);
    const gate = clipped && clipOf(graph, clipped, divisor);
    if (gate) return { ...gate, factor: before.input[1 - place]!, nodes: [before, ...gate.nodes] };
  }
  return undefined;
}

/** x / d, or x times a constant 1 / d. */
function divisionOf(graph: Graph, node: NodeProto): { source: string; divisor: number } | undefined {
  if (!isStandardDomain(node.domain) || node.input.length !== 2) return undefined;
  const [a, b] = node.input as [string, string];
  if (node.opType === 'Div') {
    const divisor = scalarOf(graph, b);
    return divisor === undefined ? undefined : { source: a, divisor };
  }
  if (node.opType !== 'Mul') return undefined;
  for (const [source, factor] of [
    [a, b],
    [b, a],
  ] as const) {
    const value = scalarOf(graph, factor);
    // 1/6 in single precision is not the inverse of 6.
    if (value !== undefined) return { source, divisor: Math.fround(1 / value) };
  }
  return undefined;
}

/** clip(x + t, 0, top); the result must be divided by `top`. */
function clipOf(graph: Graph, node: NodeProto, top: number): HardSigmoid | undefined {
  if (node.opType !== 'Clip' || !isStandardDomain(node.domain) || !(top > 0)) return undefined;
  const [low, high] =
    graph.opset < 11
      ? [floatAttribute(node, 'min', -Infinity), floatAttribute(node, 'max', Infinity)]
      : [scalarOf(graph, node.input[1] ?? ''), scalarOf(graph, node.input[2] ?? '')];
  if (low !== 0 || high !== top) return undefined;
  const sum = soleProducer(graph, node.input[0]!);
  if (sum?.opType !== 'Add' || !isStandardDomain(sum.domain) || sum.input.length !== 2) return undefined;
  for (const place of [0, 1]) {
    const shift = scalarOf(graph, sum.input[1 - place]!);
    if (shift !== undefined) return { x: sum.input[place]!, shift, top, nodes: [node, sum] };
  }
  return undefined;
}

/** The node that computes a tensor which a single node reads once. */
function soleProducer(graph: Graph, name: string): NodeProto | undefined {
  return graph.consumers(name).length === 1 && !graph.isOutput(name) ? graph.producer(name) : undefined;
}

/** A float32 scalar that no run can change; one of a dim could add a dim to the other operand. */
function scalarOf(graph: Graph, name: string): number | undefined {
  const constant = name === '' ? undefined : fixed(graph, name);
  const isScalar = constant?.type === 'float32' && constant.dims.length === 0;
  return isScalar ? numbersOf(constant)[0] : undefined;
}
