import { located } from '../base/errors';
import type { ImageSet } from '../data/image-set';
import { normalizationOf } from '../data/preprocessing';
import type { Recipe } from '../data/recipe';
import type { Candidate, EvaluateOptions } from '../robustness/evaluate';
import { openClassifier, openLogitsClassifier, type OpenClassifier } from '../robustness/open-classifier';
import type { AttackSettings } from '../robustness/settings';
import { isMasked } from '../robustness/ways';
import { squareQueriesOf, type AttackArguments } from './attack-options';
import type { DataArguments } from './data-options';
import { interruption } from './interrupt';
import { warn } from './output';

/** What is evaluated, and how. */
export interface EvaluateArguments extends DataArguments, AttackArguments {
  readonly transfer?: boolean;
  readonly transferFrom?: string[];
  readonly batch: number;
  readonly threads?: number;
}

/** Opens the models of an evaluation, each once, for what is done with them. */
export async function withModels<Result>(
  models: readonly string[],
  { dims }: ImageSet,
  recipe: Recipe,
  settings: AttackSettings | undefined,
  arguments_: EvaluateArguments,
  work: (candidates: Candidate[], options: EvaluateOptions) => Promise<Result>,
): Promise<Result> {
  const { seed, batch: batchSize, transfer, transferFrom = [], threads } = arguments_;
  const opening = { normalization: normalizationOf(recipe), threads };
  const needsGradients = settings !== undefined && settings.attack !== 'square';
  // What needs no gradients never asks for them.
  const open = needsGradients ? openClassifier : (openLogitsClassifier as typeof openClassifier);
  const opened = new Map<string, OpenClassifier>();
  const of = (files: readonly string[]): Candidate[] =>
    files.map((name) => ({ name, classifier: opened.get(name)!.classifier }));
  const files = [...models, ...transferFrom];
  try {
    for (const file of new Set(files)) {
      const one = await open(file, dims, opening).catch((error: unknown) => {
        throw located(error, { file });
      });
      opened.set(file, one);
    }
    const rounded = settings ? of(files).filter(({ classifier }) => isMasked(classifier, settings)) : [];
    if (rounded.length === files.length) {
      warn(`${rounded[0]!.name} is quantized; name the model that it was made of, for its images: --transfer-from`);
    }
    return await work(of(models), {
      ...{ seed, batchSize, transfer, signal: interruption() },
      ...(settings && { transferFrom: of(transferFrom), squareQueries: squareQueriesOf(arguments_) }),
    });
  } finally {
    for (const one of opened.values()) await one.release();
  }
}
