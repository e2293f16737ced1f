import { callOf, computeCall } from '../analysis/call';
import { FoldingWork } from '../analysis/folding-work';
import { GdwsError } from '../base/errors';
import type { Graph } from '../graph/graph';
import { placeOf } from '../onnx/node-place';
import type { NodeProto } from '../onnx/onnx_pb';
import { elementCount, sameDims, type Constant, type KnownValue, type ValueType } from '../onnx/value';
import { operatorOf } from '../operators';
import type { Lowering } from '../operators/lowering';
import type { BuiltProgram } from '../program/built-program';
import { nativeTypeOf, type ConstantPool } from '../program/constant-pool';
import { operationOf, type ValueId } from '../program/operation';
import { Program } from '../program/program';

/** Cost of computing one element of a table, in folded elements. */
const stepsOfElement = 8;

/**
 * Writes the operations of a graph whose shapes are all known, without fusion. Nodes whose results are known or that no output
 * needs are left out.
 *
 * @throws GdwsError OPERATOR_UNSUPPORTED where the engine lacks an operator or an element type.
 */
export function buildProgram(graph: Graph, values: ReadonlyMap<string, KnownValue>, pool: ConstantPool): BuiltProgram {
  return new ProgramBuilder(graph, values, pool).build();
}

class ProgramBuilder {
  private readonly program = new Program();
  private readonly constants = new Map<number, Constant>();
  private readonly idByName = new Map<string, ValueId>();
  private readonly idByConstant = new Map<string, ValueId>();
  /** Counts tables that operators make: a few bytes of a hostile model could ask for any number. */
  private readonly work: FoldingWork;
  private readonly constantById = new Map<ValueId, Constant>();

  constructor(
    private readonly graph: Graph,
    private readonly values: ReadonlyMap<string, KnownValue>,
    private readonly pool: ConstantPool,
  ) {
    this.work = new FoldingWork(graph);
  }

  build(): BuiltProgram {
    const { graph, program } = this;
    graph.inputs.forEach(({ name }, index) => {
      const id = program.addValue({ ...this.nativeValue(name, this.known(name)), storage: 'input', index });
      this.idByName.set(name, id);
      program.inputs.push(id);
    });
    const needed = this.neededNames();
    for (const node of graph.nodes) {
      if (node.output.some((name) => needed.has(name))) this.lower(node, needed);
    }
    for (const { name } of graph.outputs) {
      if (this.known(name).type === 'bfloat16') {
        throw new GdwsError('OPERATOR_UNSUPPORTED', 'JavaScript has no tensors of bfloat16 for this output.', {
          tensor: name,
          remedy: 'Cast it to float in the model.',
        });
      }
      program.outputs.push(this.idOf(name));
    }
    program.removeUnused();
    return { program, constants: this.constants };
  }

  /** Names that some output depends on and whose elements are not known. */
  private neededNames(): Set<string> {
    const needed = new Set<string>();
    const pending = this.graph.outputs.map(({ name }) => name);
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      if (needed.has(name) || this.values.get(name)?.constant) continue;
      needed.add(name);
      pending.push(...(this.graph.producer(name)?.input.filter((input) => input !== '') ?? []));
    }
    return needed;
  }

  private lower(node: NodeProto, needed: ReadonlySet<string>): void {
    const operator = operatorOf(node.domain, node.opType);
    const call = callOf(this.graph, node, (name) => this.known(name));
    computeCall(call, () => {
      if (operator?.lower) return operator.lower(call, this.loweringFor(node, needed));
      const remedy = "'gdws inspect' lists the operators of a model.";
      return call.fail('OPERATOR_UNSUPPORTED', 'the engine does not run this operator.', remedy);
    });
  }

  private loweringFor(node: NodeProto, needed: ReadonlySet<string>): Lowering {
    const { program } = this;
    const origin = placeOf(node);
    const emit: Lowering['emit'] = (opcode, inputs, outputs, ...attributes) => {
      program.operations.push(operationOf(opcode, inputs, outputs, origin, ...attributes));
    };
    const constant: Lowering['constant'] = (one) => {
      if (!this.pool.knows(one)) this.work.take(stepsOfElement * one.data.length, origin);
      return this.constantId(one);
    };
    return {
      emit,
      input: (index) => {
        const name = node.input[index];
        return name ? this.idOf(name) : undefined;
      },
      output: (index) => {
        const name = node.output[index];
        return name && needed.has(name) ? this.outputId(name) : undefined;
      },
      temporary: (type) =>
        program.addValue({ ...this.nativeValue(origin.node, type), storage: 'temporary', index: -1 }),
      constant,
      derived: ([rule, ...constants], make) =>
        constant(this.pool.derive([rule, ...constants.map((one) => this.pool.numberOf(one))].join(), make)),
      view: (value, dims) => {
        if (sameDims(program.values[value]!.dims, dims)) return value;
        const constant = this.constantById.get(value);
        if (constant) return this.constantId({ ...constant, dims });
        const view = program.addValue({ type: program.values[value]!.type, dims, storage: 'temporary', index: -1 });
        emit('alias', [value], [view]);
        return view;
      },
    };
  }

  private idOf(name: string): ValueId {
    const constant = this.values.get(name)?.constant;
    if (constant) return this.constantId(constant, name);
    const id = this.idByName.get(name);
    if (id === undefined) throw new GdwsError('MODEL_INVALID', 'nothing computes this tensor.', { tensor: name });
    return id;
  }

  private outputId(name: string): ValueId {
    let id = this.idByName.get(name);
    if (id === undefined) {
      id = this.program.addValue({ ...this.nativeValue(name, this.known(name)), storage: 'temporary', index: -1 });
      this.idByName.set(name, id);
    }
    return id;
  }

  private constantId(constant: Constant, name?: string): ValueId {
    const number = this.pool.numberOf(constant);
    const key = `${number}:${constant.dims.join()}`;
    let id = this.idByConstant.get(key);
    if (id === undefined) {
      this.constants.set(number, constant);
      id = this.program.addValue({ ...this.nativeValue(name, constant), storage: 'constant', index: number });
      this.idByConstant.set(key, id);
      this.constantById.set(id, constant);
    }
    return id;
  }

  private known(name: string): KnownValue {
    const value = this.values.get(name);
    if (!value) throw new GdwsError('SHAPE_UNKNOWN', 'the shape of this tensor cannot be inferred.', { tensor: name });
    return value;
  }

  private nativeValue(tensor: string | undefined, { type, dims }: ValueType) {
    const engineType = nativeTypeOf(type);
    if (!engineType) {
      throw new GdwsError('OPERATOR_UNSUPPORTED', `the engine has no tensors of type ${type}.`, { tensor });
    }
    if (elementCount(dims) > Number.MAX_SAFE_INTEGER) {
      throw new GdwsError('SHAPE_MISMATCH', 'the tensor is too large.', { tensor, shape: dims });
    }
    return { type: engineType, dims };
  }
}
