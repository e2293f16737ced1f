import { GdwsError } from '../../base/errors';
import { graphAttribute, hasAttribute, intAttribute, intsAttribute } from '../../onnx/attribute';
import { placeOf } from '../../onnx/node-place';
import type { GraphProto, NodeProto, ValueInfoProto } from '../../onnx/onnx_pb';
import { sameDims, type ValueType } from '../../onnx/value';
import { elementAt, noneStacked, stacked } from './axes';
import { RunValue } from './run-value';
import type { Scope, Surroundings, Work } from './work';

// If, Loop and Scan, carried out between programs.
// https://onnx.ai/onnx/operators/onnx__If.html, onnx__Loop.html, onnx__Scan.html

/** The outputs of an If, Loop or Scan. */
export function carryOut(node: NodeProto, around: Surroundings): Work<readonly RunValue[]> {
  switch (node.opType) {
    case 'If':
      return runIf(node, around);
    case 'Loop':
      return runLoop(node, around);
    default:
      return runScan(node, around);
  }
}

function* runIf(node: NodeProto, around: Surroundings): Work<readonly RunValue[]> {
  const isTaken = truth(node, around.valueOf(node.input[0] ?? ''));
  const branch = graphAttribute(node, isTaken ? 'then_branch' : 'else_branch');
  requireOutputs(node, branch.output.length);
  const scope = around.scopeOf(branch);
  return yield* scope.run(captured(scope, around), around.state);
}

function* runLoop(node: NodeProto, around: Surroundings): Work<readonly RunValue[]> {
  const body = graphAttribute(node, 'body');
  const [trips = '', first = '', ...initial] = node.input;
  const scans = body.output.length - 1 - initial.length;
  if (scans < 0) throw fault(node, 'MODEL_INVALID', `its body has ${body.output.length} outputs.`);
  requireInputs(node, body, initial.length + 2);
  requireOutputs(node, initial.length + scans);
  const scope = around.scopeOf(body);
  const outer = captured(scope, around);
  const [trip, condition, ...states] = body.input as [ValueInfoProto, ValueInfoProto, ...ValueInfoProto[]];
  const most = trips === '' ? Infinity : integer(node, around.valueOf(trips));
  let goes = first === '' || truth(node, around.valueOf(first));
  let carried = initial.map((name) => around.valueOf(name));
  const inputs = (index: number) => {
    const values = new Map(outer);
    values.set(trip.name, scalar('int64', BigInt64Array.of(BigInt(index)), trip));
    values.set(condition.name, scalar('bool', Uint8Array.of(Number(goes)), condition));
    states.forEach(({ name }, i) => values.set(name, carried[i]!));
    return values;
  };
  const stacks = new Stacks(node, around, scans);
  for (let index = 0; index < most && goes; index++) {
    yield* stacks.nextTrip();
    const [next, ...results] = yield* scope.run(inputs(index), around.state);
    goes = truth(node, next!);
    carried = results.slice(0, initial.length);
    stacks.add(results.slice(initial.length));
  }
  const types = () => scope.outputTypes(inputs(0)).slice(1 + initial.length);
  return [...carried, ...stacks.results(types)];
}

function* runScan(node: NodeProto, around: Surroundings): Work<readonly RunValue[]> {
  if (around.opset < 9) {
    const remedy = 'Export the model with operator set 9 or newer.';
    throw fault(node, 'OPERATOR_UNSUPPORTED', `Scan of operator set ${around.opset} is not supported.`, remedy);
  }
  const body = graphAttribute(node, 'body');
  const count = intAttribute(node, 'num_scan_inputs');
  const states = node.input.length - count;
  const scans = body.output.length - states;
  if (count < 1 || states < 0 || scans < 0) {
    throw fault(node, 'MODEL_INVALID', `${count} of its ${node.input.length} inputs cannot be scanned.`);
  }
  requireInputs(node, body, node.input.length);
  requireOutputs(node, body.output.length);
  const scanned = node.input.slice(states).map((name, i) => {
    const value = around.valueOf(name);
    return { value, axis: axisOf(node, 'scan_input_axes', i, value.dims.length) };
  });
  const lengths = new Set(scanned.map(({ value, axis }) => value.dims[axis]!));
  if (lengths.size !== 1)
    throw fault(node, 'SHAPE_MISMATCH', `its inputs have ${[...lengths].join(' and ')} elements.`);
  const [length] = lengths as unknown as [number];
  const scope = around.scopeOf(body);
  const outer = captured(scope, around);
  const names = body.input.map(({ name }) => name);
  let carried = node.input.slice(0, states).map((name) => around.valueOf(name));
  const stacks = new Stacks(node, around, scans, 'scan_output_axes', 'scan_output_directions');
  for (let index = 0; index < length; index++) {
    yield* stacks.nextTrip();
    const values = new Map(outer);
    carried.forEach((value, i) => values.set(names[i]!, value));
    scanned.forEach(({ value, axis }, i) => {
      const place = isReversed(node, 'scan_input_directions', i) ? length - 1 - index : index;
      values.set(names[states + i]!, elementAt(value, axis, place));
    });
    const results = yield* scope.run(values, around.state);
    carried = results.slice(0, states);
    stacks.add(results.slice(states));
  }
  const types = () => {
    const inputs = new Map<string, ValueType>(outer);
    carried.forEach((value, i) => inputs.set(names[i]!, value));
    scanned.forEach(({ value: { type, dims }, axis }, i) =>
      inputs.set(names[states + i]!, { type, dims: dims.toSpliced(axis, 1) }),
    );
    return scope.outputTypes(inputs).slice(states);
  };
  return [...carried, ...stacks.results(types)];
}

/** The results of each trip that are put together in the end. */
class Stacks {
  private readonly values: readonly RunValue[][];

  /** @param axes and `directions` name attributes of the node, if it has them */
  constructor(
    private readonly node: NodeProto,
    private readonly around: Surroundings,
    count: number,
    private readonly axes?: string,
    private readonly directions?: string,
  ) {
    this.values = Array.from({ length: count }, () => []);
  }

  *nextTrip(): Work<void> {
    this.around.state.takeTrip(this.node);
    yield 'trip';
  }

  add(results: readonly RunValue[]): void {
    results.forEach((value, i) => {
      const values = this.values[i]!;
      const [first = value] = values;
      if (first.type !== value.type || !sameDims(first.dims, value.dims)) {
        throw new GdwsError('SHAPE_MISMATCH', 'a result that is stacked has another shape than in the first trip.', {
          ...placeOf(this.node),
          shape: [first.dims, value.dims],
        });
      }
      this.around.state.hold(value, this.node);
      values.push(value);
    });
  }

  /** @param types of one trip's results, where there was no trip */
  results(types: () => ValueType[]): RunValue[] {
    return this.values.map((values, i) => {
      const rank = () => (values[0] ?? types()[i]!).dims.length + 1;
      const axis = this.axes === undefined ? 0 : axisOf(this.node, this.axes, i, rank());
      if (values.length === 0) return noneStacked(types()[i]!, axis);
      for (const value of values) this.around.state.letGo(value);
      const isBackward = this.directions !== undefined && isReversed(this.node, this.directions, i);
      return stacked(isBackward ? values.toReversed() : values, axis);
    });
  }
}

function captured(scope: Scope, around: Surroundings): Map<string, RunValue> {
  return new Map(scope.captured.map((name) => [name, around.valueOf(name)]));
}

/** A scalar for an input of a body, or where that is declared to have an axis, a tensor of one element. */
function scalar(
  type: 'int64' | 'bool',
  elements: BigInt64Array | Uint8Array,
  { type: declared }: ValueInfoProto,
): RunValue {
  const rank = declared?.value.case === 'tensorType' ? declared.value.value.shape?.dim.length : 0;
  return new RunValue(type, rank === 1 ? [1] : [], elements);
}

function truth(node: NodeProto, value: RunValue): boolean {
  if (value.type !== 'bool') throw fault(node, 'TYPE_MISMATCH', `its condition is ${value.type}, not bool.`);
  return only(node, value) !== 0;
}

function integer(node: NodeProto, value: RunValue): number {
  return Number(only(node, value));
}

function only(node: NodeProto, { count, native, dims }: RunValue): number | bigint {
  if (count === 1) return native[0]!;
  throw new GdwsError('SHAPE_MISMATCH', 'its condition or number of trips has not one element.', {
    ...placeOf(node),
    shape: dims,
  });
}

function axisOf(node: NodeProto, attribute: string, index: number, rank: number): number {
  const axis = hasAttribute(node, attribute) ? intsAttribute(node, attribute)[index] : 0;
  if (axis === undefined || axis < -rank || axis >= rank) {
    throw fault(node, 'MODEL_INVALID', `${attribute} has no axis for a tensor of rank ${rank}.`);
  }
  return axis < 0 ? axis + rank : axis;
}

function isReversed(node: NodeProto, attribute: string, index: number): boolean {
  return hasAttribute(node, attribute) && intsAttribute(node, attribute)[index] === 1;
}

function requireInputs(node: NodeProto, { input }: GraphProto, count: number): void {
  if (input.length !== count) throw fault(node, 'MODEL_INVALID', `its body has ${input.length} inputs, not ${count}.`);
}

function requireOutputs(node: NodeProto, count: number): void {
  if (node.output.length > count)
    throw fault(node, 'MODEL_INVALID', `it has ${node.output.length} outputs, not ${count}.`);
}

function fault(
  node: NodeProto,
  code: 'MODEL_INVALID' | 'SHAPE_MISMATCH' | 'TYPE_MISMATCH' | 'OPERATOR_UNSUPPORTED',
  summary: string,
  remedy?: string,
): GdwsError {
  return new GdwsError(code, summary, { ...placeOf(node), remedy });
}
