/** Every error code, with its cause and its cure. `docs/errors.md` is generated from this table. */
export const errorCodes = {
  MODEL_UNREADABLE: {
    cause:
      'The file cannot be opened, or is not an ONNX protobuf: cut short, a Git LFS pointer, another format. Or it was changed while a session still needed it.',
    cure: 'Check the path; fetch the file anew; export the model to ONNX.',
  },
  MODEL_INVALID: {
    cause:
      'It is an ONNX file that breaks the rules of ONNX: a name defined twice or never, nodes in a ring, a tensor with too few bytes, an attribute of the wrong type, weights that are not finite. Or what its metadata say of pictures makes no sense.',
    cure: 'Export it again; `onnx.checker` says more.',
  },
  MODEL_QUANTIZED: {
    cause:
      'A model is to be compressed whose convolutions have weights of 8 bits. Only convolutions of floats are replaced.',
    cure: 'Compress the model that it was made from, and quantize the result.',
  },
  EXTERNAL_DATA: {
    cause: 'Weights that lie in files beside the model are missing, too short, or outside its folder.',
    cure: 'Put the files where the exporter did, and give the model by its path; or give their bytes to the session, as `externalData`.',
  },
  OPERATOR_UNSUPPORTED: {
    cause:
      'The engine cannot run an operator, or not with these attributes or with an input that is not constant; or the model is of a newer version of ONNX. `compress` does not need the engine.',
    cure: '`gdws inspect` lists what runs. Simplify the model, or run it in another ONNX runtime.',
  },
  GRADIENT_UNSUPPORTED: {
    cause: 'A model that is to be differentiated has an operator without a gradient, or without one in this form.',
    cure: '`docs/gradients.md` lists what is differentiated.',
  },
  SHAPE_MISMATCH: {
    cause: "A tensor's dimensions do not fit the model, or one another.",
    cure: 'Feed the shape that the message names; `session.inputMetadata` and `gdws inspect` have it.',
  },
  SHAPE_UNKNOWN: {
    cause:
      'A dimension is needed that the model leaves open: to count multiply-accumulates, or to make a feed. Or the leading one is open, and the model does not take the 1 that it counts as.',
    cure: 'Give it: `inputShapes` in the API, `--shape name=1x3x224x224` on the command line.',
  },
  TYPE_MISMATCH: {
    cause: 'A tensor has another element type than the model takes.',
    cure: 'Convert it; the message names both types.',
  },
  INPUT_MISSING: {
    cause: 'A run was given no tensor for an input.',
    cure: 'Feed every name of `session.inputNames`.',
  },
  INPUT_UNKNOWN: {
    cause:
      'A tensor or shape was given for an input that the model does not have. Sessions ignore such tensors, unless they have `strictNames`.',
    cure: 'Check the name; the message lists the inputs.',
  },
  OUTPUT_UNKNOWN: {
    cause: 'An output was asked for that the model does not have.',
    cure: 'Check the name; the message lists the outputs.',
  },
  ARGUMENT_INVALID: {
    cause:
      'An option or argument makes no sense by itself or beside another, is of another type, or there is no such option.',
    cure: 'The message says what is allowed, or which name is meant.',
  },
  BUDGET_OUT_OF_RANGE: {
    cause: 'A budget is not above 0 and up to 1, or is smaller than what cannot be replaced.',
    cure: 'Take a larger share; `firstLayer` and fewer exclusions leave more to replace.',
  },
  DROP_EXCEEDED: {
    cause:
      'On the command line: the network that `--max-drop` found loses more accuracy than it may on the images that the search has not seen.',
    cure: 'Allow more, or search on more images; `--keep-anyway` writes it all the same. The API says so by `heldOut.isWithin`.',
  },
  OUTPUT_UNWRITABLE: {
    cause: 'A result cannot be written: no such folder, no permission, no space. Nothing is left behind.',
    cure: 'Write elsewhere.',
  },
  DATA_UNREADABLE: {
    cause:
      'An array, image set, picture, list of labels or of weight-error vectors cannot be read: missing, cut short, of another format.',
    cure: 'The message says what was expected.',
  },
  DEPENDENCY_MISSING: {
    cause: 'An optional package is not installed; the engine needs none of them.',
    cure: 'Install it: the message has the command.',
  },
  ADDON_MISSING: {
    cause: 'The native addon is missing for this platform, or cannot be loaded.',
    cure: 'The message has the command that installs or builds it; see docs/install.md.',
  },
  SESSION_RELEASED: {
    cause: 'A session was used after `release()`.',
    cure: 'Release it later, or make another.',
  },
  ABORTED: {
    cause:
      'The `AbortSignal` fired, a run was told to `terminate`, the session was released during it, or Ctrl-C was pressed.',
    cure: 'None needed.',
  },
  QUEUE_FULL: {
    cause: 'As many requests wait for a model already as its `maxQueue` allows.',
    cure: 'Send it again later, or to another server; raise `maxQueue` where the wait would still be short enough.',
  },
  DEADLINE_EXCEEDED: {
    cause: 'The time of a request was over before its run began.',
    cure: 'Send fewer requests at once, or allow more time.',
  },
  SERVER_CLOSING: {
    cause: 'A request came after its model, or the server, was told to take no more. What had come before is answered.',
    cure: 'Send it again: to the version that takes its place, or to another server.',
  },
  MODEL_UNKNOWN: {
    cause: 'There is no model of this name, or no such version of it, in the folder of models.',
    cure: 'Check the name; the index of the server lists the models that it has.',
  },
  MODEL_NOT_READY: {
    cause: 'The model is there, but does not serve: it is being loaded, was unloaded, or cannot be loaded.',
    cure: 'Wait until it is ready; the index of the server says what it waits for.',
  },
  CONFIG_INVALID: {
    cause:
      "A model's `config.json` is not JSON, has a key that there is none of, or a value that its key does not take. Or a server's file of tokens has none.",
    cure: 'The message names the file, and the key or line; docs/serving-models.md lists the keys.',
  },
  OUT_OF_MEMORY: {
    cause: 'The engine could not allocate.',
    cure: 'Run smaller batches, or fewer runs at once.',
  },
  LIMIT_EXCEEDED: {
    cause:
      'A model asks for more than the limits of the session allow: of a file, of a tensor, of nodes, of nesting, of memory.',
    cure: 'Where the model is trusted, raise the limit that the message names.',
  },
  SERVER_REFUSED: {
    cause: 'A server answered a request with an error, or with what is no answer.',
    cure: 'The message has what it said, and its status.',
  },
  SERVER_UNREACHABLE: {
    cause: 'A server could not be reached, or the connection broke before its answer.',
    cure: 'Check the address, and whether it runs.',
  },
  INTERNAL: {
    cause: 'A defect of gdws.',
    cure: 'Report it, with the message and what `--debug` prints.',
  },
} as const satisfies Record<string, ErrorDescription>;

/** Cause and cure of an error code. */
export interface ErrorDescription {
  /** What causes it. */
  readonly cause: string;
  /** How to correct it. */
  readonly cure: string;
}

/** A key of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes;
