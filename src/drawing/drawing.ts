/** Where an operation of a drawing is carried out, or why it is not. */
export type Where =
  /** By the engine, in floats. */
  | 'floats'
  /** By the engine, in integers. */
  | 'integers'
  /** In JavaScript, between programs. */
  | 'javascript'
  /** Nowhere: it changes no bytes, as a Reshape, or nothing needs it. */
  | 'nowhere'
  /** Not by this engine. */
  | 'unsupported'
  /** The network was not run. */
  | 'unknown';

/** A tensor that a node reads or gives. */
export interface DrawnTensor {
  /** As the model has it. */
  readonly name: string;
  /** Element type and dims, as `float32 1×64×56×56`; empty where they are not known. */
  readonly type: string;
  /** Whether its elements are known before a run. */
  readonly isConstant: boolean;
}

/** An ONNX node. */
export interface DrawnNode {
  /** Of the node, or of its first output where it has none. */
  readonly name: string;
  /** As `Conv`. */
  readonly operator: string;
  /** Empty for the standard operators. */
  readonly domain: string;
  /** Names and values, as text. */
  readonly attributes: readonly (readonly [name: string, value: string])[];
  /** What it reads, in the order of the operator's inputs. */
  readonly inputs: readonly DrawnTensor[];
  /** What it gives, in the order of the operator's outputs. */
  readonly outputs: readonly DrawnTensor[];
}

/** An operation of the engine's program. */
export interface DrawnOperation {
  /** `operation.method`, as `convolution.winograd4`. */
  readonly kernel: string;
  /** Median time in a run of the network, with all threads. */
  readonly milliseconds: number;
  /** The same with one thread; absent where that is all threads. */
  readonly alone?: number;
}

/** What is drawn as one box: nodes that the engine computes at once. */
export interface Box {
  /** Where it is computed, or why it is not. */
  readonly where: Where;
  /** Why it is not supported. */
  readonly reason?: string;
  /** In the network's order. Nodes that several boxes need are in each. */
  readonly nodes: readonly DrawnNode[];
  /** What the engine carries out for them, in order; none where it is not the engine that does. */
  readonly operations: readonly DrawnOperation[];
  /** Sum of its operations. */
  readonly milliseconds?: number;
  /** Sum of its operations with one thread. */
  readonly alone?: number;
  /** Multiply-accumulates of one run; of a node of several boxes in the first of them. */
  readonly macs?: number;
  /** Weights, without biases. */
  readonly params: number;
  /** Places of the boxes, or names of the network's inputs, that it reads from. */
  readonly reads: readonly (number | string)[];
}

/** A network, as it is drawn. */
export interface Drawing {
  /** Path of the model. */
  readonly file: string;
  /** Size of the file. */
  readonly bytes: number;
  /** In an order in which each reads from earlier ones only. */
  readonly boxes: readonly Box[];
  /** Of the network, without those that have initializers. */
  readonly inputs: readonly DrawnTensor[];
  /** With the box that gives each, or the name of the input that it is. */
  readonly outputs: readonly (DrawnTensor & {
    /** Absent where it is known before a run. */
    readonly from?: number | string;
  })[];
  /** Nodes whose results are known before a run, and which are in no box. */
  readonly folded: readonly string[];
  /** Of all nodes; absent where shapes are not known. */
  readonly macs?: number;
  /** Weights, without biases; those that several nodes share count once. */
  readonly params: number;
  /** Present where the network was run. */
  readonly measured?: {
    /** How many. */
    readonly runs: number;
    /** Of a run. */
    readonly threads: number;
    /** Median of whole runs, with all threads. */
    readonly milliseconds: number;
    /** Sum of the times of all operations. */
    readonly ofOperations: number;
    /** Of the engine. */
    readonly instructionSet: string;
    /** Times of operations within If, Loop and Scan, which are in no box of their own. */
    readonly within: readonly (DrawnOperation & {
      /** Name of the node. */
      readonly node: string;
    })[];
  };
  /** Why the network was not run. */
  readonly refusal?: {
    /** The error's own, which names the place. */
    readonly message: string;
    /** How to correct it. */
    readonly remedy?: string;
  };
}
