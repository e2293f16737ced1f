import { boolean, callback, integer, listOf, object, type OptionTable } from '../base/options';
import { attackOptions } from './attack';
import type { EvaluateOptions } from './evaluation';

export const evaluateOptions: OptionTable<EvaluateOptions> = {
  ...attackOptions,
  transfer: boolean,
  transferFrom: listOf(object, 'an array of classifiers with their names'),
  squareQueries: integer(1),
  onProgress: callback,
};
