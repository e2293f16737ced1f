import { native } from '../native';

export type ActivationName = 'none' | 'relu' | 'clip' | 'leakyRelu';
export type BinaryName =
  'add' | 'sub' | 'mul' | 'div' | 'pow' | 'min' | 'max' | 'prelu' | 'mod' | 'reluGradient' | 'floorMod';
export type CompareName = 'equal' | 'less' | 'lessOrEqual' | 'greater' | 'greaterOrEqual';
export type ReduceName = 'sum' | 'mean' | 'max' | 'min' | 'prod' | 'l1' | 'l2' | 'sumSquare' | 'logSum' | 'logSumExp';
export type UnaryName =
  | 'relu'
  | 'clip'
  | 'leakyRelu'
  | 'elu'
  | 'selu'
  | 'celu'
  | 'sigmoid'
  | 'hardSigmoid'
  | 'hardSwish'
  | 'silu'
  | 'mish'
  | 'gelu'
  | 'geluTanh'
  | 'tanh'
  | 'softplus'
  | 'softsign'
  | 'thresholdedRelu'
  | 'shrink'
  | 'exp'
  | 'log'
  | 'sqrt'
  | 'reciprocal'
  | 'abs'
  | 'neg'
  | 'sign'
  | 'floor'
  | 'ceil'
  | 'round'
  | 'erf'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'atan'
  | 'linear'
  | 'asin'
  | 'acos'
  | 'sinh'
  | 'cosh'
  | 'asinh'
  | 'acosh'
  | 'atanh';

/** The numbers by which a program's ints name functions; the addon alone gives them. */
export const activationCode = numbering<ActivationName>(native.activations);
export const unaryCode = numbering<UnaryName>(native.unaryFunctions);
export const binaryCode = numbering<BinaryName>(native.binaryFunctions);
export const reduceCode = numbering<ReduceName>(native.reduceFunctions);
export const compareCode = numbering<CompareName>(native.compareFunctions);

function numbering<Name extends string>(names: readonly string[]): (name: Name) => number {
  const numbers = new Map(names.map((name, number) => [name, number]));
  return (name) => {
    const number = numbers.get(name);
    if (number === undefined) throw new RangeError(`the addon has no function '${name}'`);
    return number;
  };
}
