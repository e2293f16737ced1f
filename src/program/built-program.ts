import type { Constant } from '../onnx/value';
import type { Program } from './program';

/** A program and the constants it uses by their number. */
export interface BuiltProgram {
  readonly program: Program;
  readonly constants: Map<number, Constant>;
}
