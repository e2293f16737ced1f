import { create } from '@bufbuild/protobuf';
import { GdwsError, located } from '../base/errors';
import { defaultLimits, type Limits } from '../base/limits';
import { constantOfNode } from '../onnx/constant-node';
import { shallow } from '../onnx/copy';
import { isStandardDomain } from '../onnx/domain';
import { makeValueInfo } from '../onnx/make';
import { placeOf } from '../onnx/node-place';
import {
  GraphProtoSchema,
  ValueInfoProtoSchema,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../onnx/onnx_pb';
import { decodeTensor, encodeTensor } from '../onnx/tensor';
import type { Constant } from '../onnx/value';
import { declaredValues, type DeclaredValue } from './declared';
import { allNames, namesReadBy } from './reads';
import { sortNodes } from './sort';

export type { DeclaredValue } from './declared';

/**
 * An index over a model's graph: the producer, the consumers and the content of each tensor. Edits go to the protobuf messages,
 * which remain the only representation of the model.
 */
export class Graph {
  readonly proto: GraphProto;
  private readonly producers = new Map<string, NodeProto>();
  private readonly readers = new Map<string, NodeProto[]>();
  private readonly initializerIndex = new Map<string, number>();
  private inputIndex = new Map<string, number>();
  private outputNames: ReadonlySet<string> = new Set();
  private declarations: ReadonlyMap<string, DeclaredValue> | undefined;
  private taken: Set<string> | undefined;
  /** The last number for each base of unique names. */
  private readonly numbered = new Map<string, number>();

  /**
   * @param file the model's path, for errors
   * @param limits of its tensors
   * @param constants by the message they were decoded from, so that edits do not cause decoding again
   * @throws GdwsError MODEL_INVALID where a name is defined twice or not at all, or nodes depend on each other in a ring
   */
  constructor(
    readonly model: ModelProto,
    readonly file?: string,
    readonly limits: Limits = defaultLimits,
    private readonly constants = new WeakMap<TensorProto | NodeProto, { readonly value: Constant | undefined }>(),
    /** The elements of those constants. */
    private readonly elements = new WeakSet<object>(),
  ) {
    if (!model.graph) throw new GdwsError('MODEL_INVALID', 'the model has no graph.', { file });
    this.proto = model.graph;
    this.index();
  }

  /**
   * A graph of some nodes and of the initializers that they read. It shares the messages with this one, and decoded constants, so that
   * sessions recognise them.
   *
   * @param inputs names and, where they are declared, types of what it reads beside initializers
   * @throws GdwsError MODEL_INVALID as the constructor
   */
  part(nodes: readonly NodeProto[], inputs: readonly ValueInfoProto[], outputs: readonly string[]): Graph {
    const read = new Set([...nodes.flatMap(namesReadBy), ...outputs]);
    for (const { name } of inputs) read.delete(name);
    const model = shallow(this.model);
    model.graph = create(GraphProtoSchema, {
      name: this.proto.name,
      node: [...nodes],
      input: [...inputs],
      output: outputs.map((name) => create(ValueInfoProtoSchema, { name })),
      initializer: [...read].flatMap((name) => {
        const index = this.initializerIndex.get(name);
        return index === undefined ? [] : [this.proto.initializer[index]!];
      }),
      sparseInitializer: this.proto.sparseInitializer.filter(({ values }) => values && read.has(values.name)),
    });
    return new Graph(model, this.file, this.limits, this.constants, this.elements);
  }

  /** Nodes in an order in which each comes after those it reads from. */
  get nodes(): readonly NodeProto[] {
    return this.proto.node;
  }

  /** Inputs that a run must feed: those without an initializer. */
  get inputs(): ValueInfoProto[] {
    return this.proto.input.filter(({ name }) => !this.initializerIndex.has(name));
  }

  get outputs(): readonly ValueInfoProto[] {
    return this.proto.output;
  }

  /** Version of the standard operator set. */
  get opset(): number {
    return this.opsetOf('');
  }

  /** Version of a domain's operator set; 1 where the model imports none. */
  opsetOf(domain: string): number {
    const same = (other: string) => other === domain || (isStandardDomain(other) && isStandardDomain(domain));
    return Number(this.model.opsetImport.find((opset) => same(opset.domain))?.version ?? 1n);
  }

  producer(name: string): NodeProto | undefined {
    return this.producers.get(name);
  }

  /** Nodes that read a tensor, also from within the bodies of If, Loop and Scan; a node that reads it twice is listed twice. */
  consumers(name: string): readonly NodeProto[] {
    return this.readers.get(name) ?? [];
  }

  isOutput(name: string): boolean {
    return this.outputNames.has(name);
  }

  /**
   * Whether it is an initializer and also an input, so that it is only a default in some runtimes. Before IR version 4 every
   * initializer had to be listed as an input.
   */
  isOverridable(name: string): boolean {
    return this.model.irVersion >= 4n && this.isInitializer(name) && this.inputIndex.has(name);
  }

  isInitializer(name: string): boolean {
    return this.initializerIndex.has(name);
  }

  /** The elements of an initializer or of a Constant node; decoded when first asked for. */
  constant(name: string): Constant | undefined {
    const index = this.initializerIndex.get(name);
    const message = index === undefined ? this.producers.get(name) : this.proto.initializer[index]!;
    if (!message) return undefined;
    let known = this.constants.get(message);
    if (!known) {
      known = { value: this.decode(message) };
      this.constants.set(message, known);
      if (known.value) this.elements.add(known.value.data);
    }
    return known.value;
  }

  /** Whether these are the elements of one of its constants, which was asked for. */
  holds(elements: object): boolean {
    return this.elements.has(elements);
  }

  /** The declaration of an input, an output or another tensor. */
  declared(name: string): DeclaredValue | undefined {
    this.declarations ??= declaredValues(this.proto);
    return this.declarations.get(name);
  }

  /** Adds an initializer, or replaces the one of that name. */
  setInitializer(name: string, constant: Constant): void {
    const { initializer, input } = this.proto;
    const message = encodeTensor(name, constant);
    this.constants.set(message, { value: constant });
    this.elements.add(constant.data);
    const index = this.initializerIndex.get(name);
    if (index === undefined) this.initializerIndex.set(name, initializer.push(message) - 1);
    else initializer[index] = message;
    // Before IR version 4 an initializer must be listed as an input too.
    const listed = this.inputIndex.get(name);
    if (listed === undefined && this.model.irVersion >= 4n) return;
    const info = makeValueInfo(name, constant.type, constant.dims);
    if (listed !== undefined) input[listed] = info;
    else this.inputIndex.set(name, input.push(info) - 1);
    this.declarations = undefined;
  }

  /** Makes computed tensors initializers, and removes nodes and initializers that only they needed. */
  becomeInitializers(constants: ReadonlyMap<string, Constant>): void {
    if (constants.size === 0) return;
    const isKnown = ({ output }: NodeProto) => output.every((name) => name === '' || constants.has(name));
    for (const name of this.nodes.filter(isKnown).flatMap(({ output }) => output)) {
      if (this.consumers(name).length > 0 || this.isOutput(name)) this.setInitializer(name, constants.get(name)!);
    }
    this.remove(new Set(this.nodes.filter(isKnown)));
  }

  /** `base`, or `base` with the first number that makes it unique among tensors and nodes. Never returns one name twice. */
  uniqueName(base: string): string {
    const taken = (this.taken ??= allNames(this.proto));
    const isTaken = (name: string) => taken.has(name) || this.producers.has(name) || this.initializerIndex.has(name);
    let name = base;
    for (let number = this.numbered.get(base) ?? 1; isTaken(name); number++) {
      name = `${base}_${number}`;
      this.numbered.set(base, number);
    }
    taken.add(name);
    return name;
  }

  /** Replaces nodes by others, which must compute all tensors of the replaced ones that something reads. */
  replace(replacements: ReadonlyMap<NodeProto, readonly NodeProto[]>): void {
    this.setNodes(this.proto.node.flatMap((node) => replacements.get(node) ?? [node]));
  }

  /** Removes nodes that nothing reads from, and all that only they needed. Indexes edits of other nodes. */
  remove(nodes: ReadonlySet<NodeProto>): void {
    this.proto.node = this.proto.node.filter((node) => !nodes.has(node));
    this.removeDead();
  }

  /**
   * Removes nodes that no output depends on, and then initializers (unless a run may feed them) and declarations that nothing
   * reads. Returns whether it removed any node or initializer.
   */
  removeDead(): boolean {
    this.index();
    const { proto } = this;
    const before = proto.node.length + proto.initializer.length;
    const needed = new Set<NodeProto>();
    const read = new Set(this.outputNames);
    // Iteration of a set includes elements that are added during it.
    for (const name of read) {
      const node = this.producers.get(name);
      if (!node || needed.has(node)) continue;
      needed.add(node);
      for (const input of namesReadBy(node)) read.add(input);
    }
    const isDead = (name: string) => this.isInitializer(name) && !read.has(name) && !this.isOverridable(name);
    const computed = new Set([...needed].flatMap(({ output }) => output));
    proto.input = proto.input.filter(({ name }) => !isDead(name));
    proto.initializer = proto.initializer.filter(({ name }) => !isDead(name));
    proto.valueInfo = proto.valueInfo.filter(({ name }) => computed.has(name) || read.has(name));
    const nodes = proto.node.filter((node) => needed.has(node));
    const removes = nodes.length + proto.initializer.length < before;
    if (removes) this.setNodes(nodes);
    this.declarations = undefined;
    return removes;
  }

  private setNodes(nodes: NodeProto[]): void {
    this.proto.node = nodes;
    this.index();
  }

  /** Builds the index from the messages. */
  private index(): void {
    const { proto } = this;
    this.producers.clear();
    this.readers.clear();
    this.initializerIndex.clear();
    this.declarations = undefined;
    this.inputIndex = new Map(proto.input.map(({ name }, index) => [name, index]));
    this.outputNames = new Set(proto.output.map(({ name }) => name));
    if (this.inputIndex.size < proto.input.length) this.fault('two inputs have one name.', repeated(proto.input));
    if (this.inputIndex.has('') || this.outputNames.has('')) this.fault('an input or output has no name.');
    if (this.outputNames.size === 0) this.fault('the graph has no output.');
    const known = new Set(this.inputIndex.keys());
    for (const { values } of proto.sparseInitializer) if (values) known.add(values.name);
    proto.initializer.forEach(({ name }, index) => {
      if (this.initializerIndex.has(name)) this.fault('this initializer is defined twice.', name);
      this.initializerIndex.set(name, index);
      known.add(name);
    });
    for (const node of proto.node) {
      for (const name of node.output) {
        if (name === '') continue;
        if (this.producers.has(name) || known.has(name)) this.fault('this tensor is defined twice.', name, node);
        this.producers.set(name, node);
      }
    }
    proto.node = this.locate(() => sortNodes(proto.node, this.producers, known));
    for (const node of proto.node) {
      for (const name of namesReadBy(node)) {
        const readers = this.readers.get(name);
        if (readers) readers.push(node);
        else this.readers.set(name, [node]);
      }
    }
    for (const name of this.outputNames) {
      if (!this.producers.has(name) && !known.has(name)) this.fault('nothing computes this output.', name);
    }
  }

  private decode(message: TensorProto | NodeProto): Constant | undefined {
    return this.locate(() =>
      message.$typeName === 'onnx.TensorProto' ? decodeTensor(message) : constantOfNode(message),
    );
  }

  private fault(summary: string, tensor?: string, node?: NodeProto): never {
    throw new GdwsError('MODEL_INVALID', summary, { file: this.file, tensor, ...(node && placeOf(node)) });
  }

  /** Adds the file to errors without one. */
  private locate<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      throw located(error, { file: this.file });
    }
  }
}

/** The first repeated name. */
function repeated(values: readonly ValueInfoProto[]): string | undefined {
  const seen = new Set<string>();
  return values.find(({ name }) => seen.size === seen.add(name).size)?.name;
}
