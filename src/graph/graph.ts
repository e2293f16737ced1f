import { GdwsError } from '../errors';
import { constantOfNode } from '../onnx/constant-node';
import type { GraphProto, ModelProto, NodeProto, ValueInfoProto } from '../onnx/onnx_pb';
import { dataTypeOf, decodeTensor, encodeTensor } from '../onnx/tensor';
import type { Constant, DataType } from './value';
import { namesReadBy } from './reads';
import { sortNodes } from './sort';

/** What a model declares of a tensor: a free dim is a name, or undefined. */
export interface DeclaredValue {
  readonly type: DataType | undefined;
  /** `undefined` where not even the rank is declared. */
  readonly dims: readonly (number | string | undefined)[] | undefined;
}

/**
 * An index over a model's graph: who computes a tensor, who reads it, what it holds. Edits go to the protobuf messages,
 * which stay the only representation of the model.
 */
export class Graph {
  readonly proto: GraphProto;
  private readonly producers = new Map<string, NodeProto>();
  private readonly readers = new Map<string, NodeProto[]>();
  private readonly initializerIndex = new Map<string, number>();
  private readonly constants = new Map<string, Constant | undefined>();
  private readonly outputNames: Set<string>;

  /**
   * @param file the model's path, for errors
   * @throws GdwsError MODEL_INVALID where a name is defined twice or not at all, or nodes depend on each other in a ring
   */
  constructor(
    readonly model: ModelProto,
    readonly file?: string,
  ) {
    if (!model.graph) throw new GdwsError('MODEL_INVALID', 'the model has no graph.', { file });
    this.proto = model.graph;
    this.outputNames = new Set(this.proto.output.map(({ name }) => name));
    try {
      this.index();
    } catch (error) {
      throw error instanceof GdwsError ? error.within({ file }) : error;
    }
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
    const same = (other: string) => other === domain || (isStandard(other) && isStandard(domain));
    return Number(this.model.opsetImport.find((opset) => same(opset.domain))?.version ?? 1n);
  }

  producer(name: string): NodeProto | undefined {
    return this.producers.get(name);
  }

  /** Nodes that read a tensor, also from within the bodies of If, Loop and Scan; one that reads it twice counts twice. */
  consumers(name: string): readonly NodeProto[] {
    return this.readers.get(name) ?? [];
  }

  isOutput(name: string): boolean {
    return this.outputNames.has(name);
  }

  /**
   * Whether it is an initializer that the model offers as an input too: only a default, for some runtimes. Before IR
   * version 4 every initializer had to be listed as an input.
   */
  isOverridable(name: string): boolean {
    return (
      this.model.irVersion >= 4n && this.isInitializer(name) && this.proto.input.some((input) => input.name === name)
    );
  }

  isInitializer(name: string): boolean {
    return this.initializerIndex.has(name);
  }

  /** The elements of an initializer or of a Constant node; decoded when first asked for. */
  constant(name: string): Constant | undefined {
    if (!this.constants.has(name)) this.constants.set(name, this.decode(name));
    return this.constants.get(name);
  }

  /** What the model declares of an input, an output or a tensor between. */
  declared(name: string): DeclaredValue | undefined {
    const { input, output, valueInfo } = this.proto;
    for (const list of [input, output, valueInfo]) {
      const info = list.find((one) => one.name === name);
      if (info?.type?.value.case === 'tensorType') return declaredOf(info);
    }
    return undefined;
  }

  /** Adds an initializer, or replaces the one of that name. */
  setInitializer(name: string, constant: Constant): void {
    const message = encodeTensor(name, constant);
    const index = this.initializerIndex.get(name);
    if (index === undefined) this.initializerIndex.set(name, this.proto.initializer.push(message) - 1);
    else this.proto.initializer[index] = message;
    this.constants.set(name, constant);
  }

  /** Makes computed tensors initializers, and removes what was only needed to compute them. */
  becomeInitializers(constants: ReadonlyMap<string, Constant>): void {
    const isKnown = ({ output }: NodeProto) => output.every((name) => name === '' || constants.has(name));
    const known = this.proto.node.filter(isKnown);
    this.proto.node = this.proto.node.filter((node) => !isKnown(node));
    for (const name of known.flatMap(({ output }) => output)) {
      if (this.isRead(name)) this.proto.initializer.push(encodeTensor(name, constants.get(name)!));
    }
    this.index();
    this.removeDead();
  }

  /** `base`, or `base` with the first number that makes it a name of no tensor and no node. */
  uniqueName(base: string): string {
    const taken = (name: string) =>
      this.producers.has(name) ||
      this.initializerIndex.has(name) ||
      this.readers.has(name) ||
      this.proto.node.some((node) => node.name === name) ||
      this.proto.input.some((input) => input.name === name);
    if (!taken(base)) return base;
    for (let number = 1; ; number++) if (!taken(`${base}_${number}`)) return `${base}_${number}`;
  }

  /** Puts nodes in the place of one; what they compute must include what it computed and something reads. */
  replace(node: NodeProto, replacement: readonly NodeProto[]): void {
    this.proto.node.splice(this.proto.node.indexOf(node), 1, ...replacement);
    this.index();
  }

  /** Removes nodes, and whatever only they needed; nothing may read what they compute. */
  remove(nodes: ReadonlySet<NodeProto>): void {
    this.proto.node = this.proto.node.filter((node) => !nodes.has(node));
    this.index();
    this.removeDead();
  }

  /** Removes nodes that no output depends on, and initializers that nothing reads. Says whether it removed any. */
  removeDead(): boolean {
    const needed = new Set<NodeProto>();
    const pending = [...this.outputNames];
    for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
      const node = this.producers.get(name);
      if (!node || needed.has(node)) continue;
      needed.add(node);
      pending.push(...namesReadBy(node));
    }
    const before = this.proto.node.length + this.proto.initializer.length;
    this.proto.node = this.proto.node.filter((node) => needed.has(node));
    this.index();
    const inputNames = new Set(this.proto.input.map(({ name }) => name));
    this.proto.initializer = this.proto.initializer.filter(({ name }) => this.isRead(name) || inputNames.has(name));
    this.proto.valueInfo = this.proto.valueInfo.filter(
      ({ name }) => this.producers.has(name) || this.readers.has(name),
    );
    this.index();
    return this.proto.node.length + this.proto.initializer.length < before;
  }

  private index(): void {
    const { proto } = this;
    this.producers.clear();
    this.readers.clear();
    this.initializerIndex.clear();
    this.constants.clear();
    proto.initializer.forEach(({ name }, index) => {
      if (this.initializerIndex.has(name)) throw twice(name);
      this.initializerIndex.set(name, index);
    });
    const given = new Set(proto.input.map(({ name }) => name));
    if (given.size < proto.input.length)
      throw twice(proto.input.find(({ name }, i) => proto.input.findIndex((other) => other.name === name) < i)!.name);
    for (const node of proto.node) {
      for (const name of node.output) {
        if (name === '') continue;
        if (this.producers.has(name) || given.has(name) || this.initializerIndex.has(name)) throw twice(name, node);
        this.producers.set(name, node);
      }
    }
    const known = new Set([...given, ...this.initializerIndex.keys(), ...sparseNames(proto)]);
    proto.node = sortNodes(proto.node, this.producers, known);
    for (const node of proto.node) {
      for (const name of namesReadBy(node)) {
        const readers = this.readers.get(name);
        if (readers) readers.push(node);
        else this.readers.set(name, [node]);
      }
    }
    for (const name of this.outputNames) {
      if (this.producers.has(name) || known.has(name)) continue;
      throw new GdwsError('MODEL_INVALID', 'nothing computes this output.', { tensor: name });
    }
  }

  private isRead(name: string): boolean {
    return this.readers.has(name) || this.outputNames.has(name);
  }

  private decode(name: string): Constant | undefined {
    const index = this.initializerIndex.get(name);
    if (index !== undefined) return decodeTensor(this.proto.initializer[index]!, { file: this.file });
    const node = this.producers.get(name);
    return node && constantOfNode(node);
  }
}

function sparseNames({ sparseInitializer }: GraphProto): string[] {
  return sparseInitializer.flatMap(({ values }) => (values ? [values.name] : []));
}

function declaredOf({ type }: ValueInfoProto): DeclaredValue {
  if (type?.value.case !== 'tensorType') return { type: undefined, dims: undefined };
  const { elemType, shape } = type.value.value;
  return {
    type: dataTypeOf(elemType),
    dims: shape?.dim.map(({ value }) => {
      if (value.case === 'dimParam') return value.value || undefined;
      // Exporters write a free dim as 0 or -1 too.
      return value.case === 'dimValue' && value.value > 0n ? Number(value.value) : undefined;
    }),
  };
}

function isStandard(domain: string): boolean {
  return domain === '' || domain === 'ai.onnx';
}

function twice(name: string, node?: NodeProto): GdwsError {
  return new GdwsError('MODEL_INVALID', 'this name is defined twice.', {
    tensor: name,
    ...(node ? { node: node.name || node.output[0], operator: node.opType } : {}),
  });
}
