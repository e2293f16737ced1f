import { type Tensor } from 'onnxruntime-common';
import { GdwsError } from '../../base/errors';
import { defaultLimits } from '../../base/limits';
import { openBatcher } from '../../batching/batched';
import type { Batcher } from '../../batching/batcher';
import { readLabels } from '../../data/labels';
import { withPreset } from '../../data/preprocessing';
import { preprocessingOf } from '../../data/preprocessing-block';
import type { Recipe } from '../../data/recipe';
import type { InputShapes } from '../../engine/given-shapes';
import { InferenceSession, internalsOf } from '../../engine/session';
import { arrayOfType, elementCount, type DataType } from '../../onnx/value';
import type { ModelConfig } from './model-config';
import { readConfig } from './read-config';
import type { FoundModel, FoundVersion } from './scan-folder';

/** A version that can serve. */
export interface LoadedVersion {
  readonly batched: Batcher;
  readonly recipe: Recipe | undefined;
  readonly labels: readonly string[] | undefined;
  /** Now: working memory grows with the shapes that are run. */
  readonly memoryBytes: number;
}

/**
 * The configuration of a model.
 *
 * @param defaults of keys that it does not have
 * @throws GdwsError CONFIG_INVALID, DEPENDENCY_MISSING
 */
export async function configOf({ files }: FoundModel, defaults: ModelConfig): Promise<ModelConfig> {
  const file = files.get('config.json');
  return file === undefined ? defaults : { ...defaults, ...(await readConfig(file)) };
}

/**
 * Makes the session of a version, and runs it once, so that its first request takes no longer than the next ones.
 *
 * @param mostBytes of weights and working memory
 * @throws GdwsError whatever making and running a session may; LIMIT_EXCEEDED beyond the memory
 */
export async function loadVersion(
  { files }: FoundModel,
  { file }: FoundVersion,
  config: ModelConfig,
  mostBytes: number,
): Promise<LoadedVersion> {
  const { threads, limits = {}, maxBatch, maxDelay, maxQueue, warmup = [], preprocessing } = config;
  if (mostBytes <= 0) throw new NoRoomError(mostBytes);
  const labels = await labelsOf(files, config);
  const ownBytes = limits.memoryBytes ?? defaultLimits.memoryBytes;
  const memoryBytes = Math.min(ownBytes, mostBytes);
  // The limit of the session is not what was given: its remedy would not help.
  const explained = (error: unknown) =>
    isOfMemory(error) && mostBytes < ownBytes ? new NoRoomError(mostBytes, undefined, error) : error;
  const session = await InferenceSession.create(file, {
    intraOpNumThreads: threads,
    limits: { ...limits, memoryBytes },
  }).catch((error: unknown) => {
    throw explained(error);
  });
  try {
    const recipe = preprocessing ? withPreset(preprocessing) : preprocessingOf(session);
    const model = await openBatcher(session, { maxBatch, maxDelay, maxQueue, shapes: warmup });
    for (const shapes of warmup) await session.run(zeros(session, shapes));
    const needed = memoryOf(session, model);
    if (needed > mostBytes) throw new NoRoomError(mostBytes, needed);
    return {
      batched: model,
      recipe,
      labels,
      get memoryBytes() {
        return memoryOf(session, model);
      },
    };
  } catch (error) {
    await session.release();
    throw explained(error);
  }
}

/** Bytes of weights, and of working memory of as many runs as may go on at once. */
function memoryOf(session: InferenceSession, { mostRuns }: Batcher): number {
  const { memoryBytes, arenaBytes } = internalsOf(session);
  return memoryBytes + (mostRuns - 1) * arenaBytes;
}

/** LIMIT_EXCEEDED: a version needs more memory than is left for it, beside others or by its own configuration. */
export class NoRoomError extends GdwsError {
  /**
   * @param left bytes
   * @param needed bytes; undefined where it was given up before all were known
   */
  constructor(
    readonly left: number,
    needed?: number,
    cause?: unknown,
  ) {
    const bytes = needed === undefined ? 'more' : `${needed} bytes of`;
    super('LIMIT_EXCEEDED', `the version needs ${bytes} memory, and ${Math.max(0, left)} bytes are left for it.`, {
      remedy: 'Raise memoryBytes of the model or of the repository (--memory), or unload other models.',
      cause,
    });
  }
}

function isOfMemory(error: unknown): boolean {
  return error instanceof GdwsError && error.code === 'LIMIT_EXCEEDED' && error.message.includes('limits.memoryBytes');
}

async function labelsOf(files: FoundModel['files'], { labels }: ModelConfig): Promise<readonly string[] | undefined> {
  if (typeof labels === 'object') return labels;
  const file = files.get(labels ?? 'labels.txt');
  if (file !== undefined) return readLabels(file);
  if (labels === undefined) return undefined;
  throw new GdwsError('CONFIG_INVALID', `there is no file '${labels}', which the key 'labels' names.`, {
    remedy: 'Put it beside config.json.',
  });
}

function zeros({ inputMetadata }: InferenceSession, shapes: InputShapes): Record<string, Tensor> {
  return Object.fromEntries(
    inputMetadata.flatMap((input) => {
      if (!input.isTensor) return [];
      const dims = shapes[input.name] ?? (input.shape as readonly number[]);
      const type = input.type as Exclude<DataType, 'string'>;
      return [[input.name, { type, dims, data: new arrayOfType[type](elementCount(dims)) } as unknown as Tensor]];
    }),
  );
}
