import type { Constant } from '../onnx/value';
import type { Program } from './program';

/** A program and its constants, by number. */
export interface BuiltProgram {
  readonly program: Program;
  readonly constants: Map<number, Constant>;
}
