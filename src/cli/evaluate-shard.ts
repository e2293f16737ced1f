import fs from 'node:fs/promises';
import path from 'node:path';
import { simd } from '../addon/introspection';
import { GdwsError } from '../base/errors';
import type { ImageSet } from '../data/image-set';
import { normalizationOf } from '../data/preprocessing';
import type { Recipe } from '../data/recipe';
import { threadsOf } from '../engine/threads';
import { groupSize } from '../robustness/groups';
import type { AttackSettings } from '../robustness/settings';
import type { Conditions } from '../robustness/shards/conditions';
import { evaluateShard, type ShardProgress } from '../robustness/shards/evaluate-shard';
import { fingerprintOfImages, fingerprintOfModel } from '../robustness/shards/fingerprints';
import { ProgressFile } from '../robustness/shards/progress-file';
import { imagesOfShard, type Shard } from '../robustness/shards/shard';
import { checkSameEvaluation, readShard, writeShard, type ShardOrigin } from '../robustness/shards/shard-file';
import { squareQueriesOf } from './attack-options';
import { withModels, type EvaluateArguments } from './evaluated-models';
import { note } from './output';
import { Progress } from './progress';
import { version } from '../base/version';

/**
 * Evaluates a shard into a file. What is finished already is not evaluated again: the shard, if its file is there, or else its groups of
 * images, which are kept in a file beside it meanwhile.
 *
 * @throws GdwsError what evaluation throws; ARGUMENT_INVALID, DATA_UNREADABLE where these files are others
 */
export async function evaluateShardInto(
  file: string,
  shard: Shard,
  models: readonly string[],
  images: ImageSet,
  recipe: Recipe,
  settings: AttackSettings | undefined,
  arguments_: EvaluateArguments,
): Promise<void> {
  const conditions = await conditionsOf(models, images, recipe, settings, arguments_);
  const origin: ShardOrigin = { shard, conditions };
  const progressFile = `${file}.progress`;
  const { begin, end } = imagesOfShard(shard, images.length, arguments_.batch);
  const said = begin === end ? 'no images' : `images ${begin + 1} to ${end} of ${images.length}`;
  if (await isFinished(file, origin)) {
    await fs.rm(progressFile, { force: true });
    note(`${file} is finished: ${said}`);
    return;
  }
  const kept = await ProgressFile.open(progressFile, origin);
  const done = kept.finished.reduce((sum, { images: some }) => sum + some, 0);
  if (done > 0) note(`goes on after ${done} of ${end - begin} images: ${progressFile}`);
  const bar = new Progress(`evaluating ${said}`);
  try {
    const outcomes = await withModels(models, images, recipe, settings, arguments_, (candidates, options) =>
      evaluateShard(candidates, images, settings as AttackSettings, shard, {
        ...options,
        finished: kept.finished,
        onFinished: (some) => kept.append(some),
        onProgress: (progress) => bar.update(shareOf(progress), stepOf(progress)),
      }),
    );
    await writeShard(file, { ...origin, outcomes });
  } finally {
    bar.stop();
    await kept.close();
  }
  await fs.rm(progressFile, { force: true });
  note(`wrote ${file}: ${said}`);
  if (begin === end) {
    const size = groupSize(arguments_.batch);
    note(`images are divided in groups of ${size}: with a smaller --batch in all shards, there are more`);
  }
}

/** @throws GdwsError ARGUMENT_INVALID for another shard, DATA_UNREADABLE for another file */
async function isFinished(file: string, origin: ShardOrigin): Promise<boolean> {
  const present = await readShard(file);
  if (!present) return false;
  checkSameEvaluation(file, present, 'what is asked for', origin, 'Or give another name, or remove this file.');
  if (present.shard.number === origin.shard.number) return true;
  throw new GdwsError('ARGUMENT_INVALID', `this is shard ${present.shard.number} of ${present.shard.of}.`, {
    file,
    remedy: 'Give each shard a file of its own.',
  });
}

/** As JSON has them, to be compared with those of files. */
async function conditionsOf(
  models: readonly string[],
  images: ImageSet,
  recipe: Recipe,
  attack: AttackSettings | undefined,
  arguments_: EvaluateArguments,
): Promise<Conditions> {
  const { seed, batch, transfer, transferFrom, threads } = arguments_;
  const conditions: Conditions = {
    version: version(),
    models: await Promise.all(models.map(fingerprintOfModel)),
    transferFrom: transferFrom && (await Promise.all(transferFrom.map(fingerprintOfModel))),
    data: fingerprintOfImages(images),
    ...{ attack, seed, batch, transfer, squareQueries: squareQueriesOf(arguments_) },
    normalization: normalizationOf(recipe),
    instructionSet: simd().inUse,
    threads: threadsOf({ intraOpNumThreads: threads }),
  };
  return JSON.parse(JSON.stringify(conditions)) as Conditions;
}

function shareOf({ finishedImages, imagesOfShard: all, done }: ShardProgress): number {
  return (finishedImages + done) / all;
}

function stepOf({ classifier, attack, done, total }: ShardProgress): string {
  return `${path.basename(classifier)}${attack ? `, ${attack}` : ''}: ${done} of ${total} of this group`;
}
