import type { InferenceSession } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import { isTensor } from './feeds';
import { namesIn, readFetches, type Fetches } from './fetches';
import { checkRunOptions, type RunOptions } from './session-options';

/** What a run is given beside its feeds. */
export interface RunArguments extends RunOptions {
  readonly fetches: Fetches;
}

/**
 * Tells outputs that are asked for from options, which may both stand behind the feeds: an object with the name of an output is
 * the former.
 *
 * @param strict whether outputs that the model does not have are always refused
 * @throws GdwsError ARGUMENT_INVALID, OUTPUT_UNKNOWN, TYPE_MISMATCH
 */
export function readRunArguments(
  fetchesOrOptions: InferenceSession.FetchesType | RunOptions | null = {},
  options: RunOptions | undefined,
  outputNames: readonly string[],
  strict: boolean,
  file: string | undefined,
): RunArguments {
  if (isTensor(fetchesOrOptions)) {
    throw new GdwsError('ARGUMENT_INVALID', 'a Tensor stands where outputs are asked for.', {
      file,
      remedy: 'Give an object with the Tensor under the name of the output to write into it.',
    });
  }
  const isFetches =
    options !== undefined ||
    Array.isArray(fetchesOrOptions) ||
    namesIn((fetchesOrOptions ?? {}) as InferenceSession.NullableOnnxValueMapType).some((name) =>
      outputNames.includes(name),
    );
  const given = (isFetches ? options : (fetchesOrOptions as RunOptions)) ?? {};
  // A misspelt output looks like an option.
  checkRunOptions(given, isFetches ? [] : outputNames);
  const fetches = isFetches ? (fetchesOrOptions as InferenceSession.FetchesType) : undefined;
  return { ...given, fetches: readFetches(fetches, outputNames, file, strict) };
}
