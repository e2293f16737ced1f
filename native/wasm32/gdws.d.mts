/** The engine, for `start` of gdws/browser. */
export interface Engine {
  readonly instructionSet: string;
}

/**
 * Loads the engine. It runs on the thread that calls this: a worker's, so that the page is not held up.
 *
 * @param source where gdws.wasm is, or its bytes; beside this module if it is not given
 */
export function load(source?: string | URL | ArrayBuffer | ArrayBufferView): Promise<Engine>;
