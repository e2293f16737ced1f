import { callOf, computeCall } from '../analysis/call';
import { FoldingWork } from '../analysis/folding-work';
import type { Inference } from '../analysis/infer';
import { GdwsError } from '../base/errors';
import type { Graph } from '../graph/graph';
import { placeOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import { elementCount, sameDims, type Constant, type KnownValue, type ValueType } from '../onnx/value';
import { operatorOf } from '../operators';
import type { Lowering } from '../operators/lowering';
import type { NamedProgram } from '../program/built-program';
import { nativeTypeOf, type ConstantPool } from '../program/constant-pool';
import { operationOf, type AttributesArgument, type OpcodeName, type Origin, type ValueId } from '../program/operation';
import { Program, type ProgramValue } from '../program/program';

/** Cost of computing one element of a table, in folded elements. */
const stepsOfElement = 8;

/**
 * Writes the operations of a graph whose shapes are all known, without fusion. Nodes whose results are known or that no output
 * needs are left out.
 *
 * @throws GdwsError OPERATOR_UNSUPPORTED where the engine lacks an operator or an element type.
 */
export function buildProgram(graph: Graph, inferred: Inference, pool: ConstantPool): NamedProgram {
  return new ProgramBuilder(graph, inferred, pool).build();
}

class ProgramBuilder {
  readonly program = new Program();
  /** Counts tables that operators make: a few bytes of a hostile model could ask for any number. */
  private readonly work: FoldingWork;
  private readonly constants = new Map<number, Constant>();
  private readonly idByName = new Map<string, ValueId>();
  /** The values of each constant, which differ in their dims, by its number. */
  private readonly idsByNumber = new Map<number, ValueId[]>();
  private readonly constantById = new Map<ValueId, Constant>();

  constructor(
    private readonly graph: Graph,
    private readonly inferred: Inference,
    readonly pool: ConstantPool,
  ) {
    this.work = new FoldingWork(graph);
  }

  build(): NamedProgram {
    const { graph, program } = this;
    graph.inputs.forEach(({ name }, index) => {
      const id = this.addValue(name, this.known(name), 'input', index);
      this.idByName.set(name, id);
      program.inputs.push(id);
    });
    const needed = this.neededNames();
    for (const node of graph.nodes) {
      if (node.output.some((name) => needed.has(name))) this.lower(node, needed);
    }
    for (const { name } of graph.outputs) {
      program.outputs.push(this.idOf(name));
    }
    program.removeUnused();
    const tensors = new Map(Array.from(this.idByName, ([name, id]) => [id, name]));
    return { program, constants: this.constants, tensors };
  }

  idOf(name: string): ValueId {
    const constant = this.inferred.values.get(name)?.constant;
    if (constant) return this.constantId(constant, name);
    const id = this.idByName.get(name);
    if (id === undefined) throw new GdwsError('MODEL_INVALID', 'nothing computes this tensor.', { tensor: name });
    return id;
  }

  outputId(name: string): ValueId {
    let id = this.idByName.get(name);
    if (id === undefined) {
      id = this.addValue(name, this.known(name), 'temporary');
      this.idByName.set(name, id);
    }
    return id;
  }

  constantId(constant: Constant, name?: string): ValueId {
    const number = this.pool.numberOf(constant);
    let ids = this.idsByNumber.get(number);
    if (!ids) {
      ids = [];
      this.idsByNumber.set(number, ids);
      this.constants.set(number, constant);
    }
    for (const id of ids) if (sameDims(this.program.values[id]!.dims, constant.dims)) return id;
    const id = this.addValue(name, constant, 'constant', number);
    ids.push(id);
    this.constantById.set(id, constant);
    return id;
  }

  constantOf(id: ValueId): Constant | undefined {
    return this.constantById.get(id);
  }

  /** As {@link constantId}, for a constant that an operator made. */
  madeConstant(constant: Constant, origin: Origin): ValueId {
    if (!this.pool.knows(constant)) this.work.take(stepsOfElement * constant.data.length, origin);
    return this.constantId(constant);
  }

  addValue(
    tensor: string | undefined,
    { type, dims }: ValueType,
    storage: ProgramValue['storage'],
    index = -1,
  ): ValueId {
    const engineType = nativeTypeOf(type);
    if (!engineType) {
      throw new GdwsError('OPERATOR_UNSUPPORTED', `the engine has no tensors of type ${type}.`, { tensor });
    }
    if (elementCount(dims) > Number.MAX_SAFE_INTEGER) {
      throw new GdwsError('SHAPE_MISMATCH', 'the tensor is too large.', { tensor, shape: dims });
    }
    return this.program.addValue({ type: engineType, dims, storage, index });
  }

  /** Names that some output depends on and whose elements are not known. */
  private neededNames(): Set<string> {
    const needed = new Set<string>();
    const pending = this.graph.outputs.map(({ name }) => name);
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (needed.has(name) || this.inferred.values.get(name)?.constant) continue;
      needed.add(name);
      for (const input of this.graph.producer(name)?.input ?? []) if (input !== '') pending.push(input);
    }
    return needed;
  }

  private lower(node: NodeProto, needed: ReadonlySet<string>): void {
    const operator = operatorOf(node.domain, node.opType);
    const call = this.inferred.calls?.get(node) ?? callOf(this.graph, node, (name) => this.known(name));
    computeCall(call, () => {
      if (operator?.lower) return operator.lower(call, new NodeLowering(this, node, needed));
      const remedy = "'gdws inspect' lists the operators of a model.";
      return call.fail('OPERATOR_UNSUPPORTED', 'the engine does not run this operator.', remedy);
    });
  }

  private known(name: string): KnownValue {
    const value = this.inferred.values.get(name);
    if (!value) throw new GdwsError('SHAPE_UNKNOWN', 'the shape of this tensor cannot be inferred.', { tensor: name });
    return value;
  }
}

/** The program as one node sees it. */
class NodeLowering implements Lowering {
  private readonly origin: Origin;

  constructor(
    private readonly builder: ProgramBuilder,
    private readonly node: NodeProto,
    private readonly needed: ReadonlySet<string>,
  ) {
    this.origin = placeOf(node);
  }

  emit<Opcode extends OpcodeName>(
    opcode: Opcode,
    inputs: readonly (ValueId | undefined)[],
    outputs: readonly ValueId[],
    ...attributes: AttributesArgument<Opcode>
  ): void {
    this.builder.program.operations.push(operationOf(opcode, inputs, outputs, this.origin, ...attributes));
  }

  input(index: number): ValueId | undefined {
    const name = this.node.input[index];
    return name ? this.builder.idOf(name) : undefined;
  }

  output(index: number): ValueId | undefined {
    const name = this.node.output[index];
    return name && this.needed.has(name) ? this.builder.outputId(name) : undefined;
  }

  temporary(type: ValueType): ValueId {
    return this.builder.addValue(this.origin.node, type, 'temporary');
  }

  constant(constant: Constant): ValueId {
    return this.builder.madeConstant(constant, this.origin);
  }

  derived([rule, ...constants]: readonly [rule: string, ...constants: Constant[]], make: () => Constant): ValueId {
    const { pool } = this.builder;
    return this.constant(pool.derive([rule, ...constants.map((one) => pool.numberOf(one))].join(), make));
  }

  view(value: ValueId, dims: readonly number[]): ValueId {
    const { builder } = this;
    const { type, dims: own } = builder.program.values[value]!;
    if (sameDims(own, dims)) return value;
    const constant = builder.constantOf(value);
    if (constant) return builder.constantId({ ...constant, dims });
    const view = builder.program.addValue({ type, dims, storage: 'temporary', index: -1 });
    this.emit('alias', [value], [view]);
    return view;
  }
}
