import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { GdwsError } from '../../src/base/errors';
import { readAlphaFile } from '../../src/cli/alpha-file';
import { settingsOf, squareQueriesOf, type AttackArguments } from '../../src/cli/attack-options';
import { imagesOf } from '../../src/cli/data-options';
import { note } from '../../src/cli/output';
import { recipeFor } from '../../src/cli/preprocessing-options';
import { Progress } from '../../src/cli/progress';
import { cifarFilesIn } from '../../src/data/cifar-folder';
import type { ImageSet } from '../../src/data/image-set';
import { normalizationOf } from '../../src/data/preprocessing';
import type { Recipe } from '../../src/data/recipe';
import { writeWhole } from '../../src/onnx/write';
import { describeMachine } from '../machine';
import { machineLines } from '../report';
import { runExperiment, type Experiment, type ExperimentResult } from './experiment';
import { figureSvg } from './figure';
import type { Form } from './networks';
import { attackOf, parseOptions, type PaperOptions } from './options';
import { paperAttack, presetOf, usualMacs, type Preset, type PresetName } from './presets';
import { tablesOf } from './tables';

/** What is run: a preset with the model and the images that it lacks. */
type Subject = Preset & Required<Pick<Preset, 'model' | 'data'>> & { readonly preset?: PresetName };

async function main(options: PaperOptions): Promise<void> {
  const machine = describeMachine();
  console.log(machineLines(machine));
  const results: object[] = [];
  for (const subject of await subjectsOf(options)) {
    const title = path.basename(subject.model);
    const result = await run(subject, options);
    if (options.svg !== undefined) {
      const machineName = `${machine.processor}, ${machine.instructionSet}`;
      await writeWhole(
        options.svg,
        figureSvg(`${title}: robust accuracy and speed`, `${result.attacked}; ${machineName}`, result.networks),
      );
    }
    results.push(result);
  }
  if (options.json !== undefined) {
    await writeWhole(options.json, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
  }
}

/** The given model; without, the presets whose files are there. */
async function subjectsOf({ preset, model, data, alphaData }: PaperOptions): Promise<Subject[]> {
  if (model !== undefined && data !== undefined) {
    const name = preset?.[0];
    const row: Preset =
      name === undefined
        ? { attack: paperAttack, forms: ['weighted', 'unweighted'], macs: usualMacs }
        : { ...presetOf(name), trainingData: undefined };
    const isCifarFolder = alphaData === undefined && (await cifarFilesIn(data, 'train')) !== undefined;
    return [{ ...row, preset: name, model, data, trainingData: isCifarFolder ? data : undefined }];
  }
  const present: Subject[] = [];
  for (const name of preset ?? (['mnist', 'cifar10'] as const)) {
    const row = presetOf(name);
    if (row.model === undefined || row.data === undefined) {
      throw new GdwsError('ARGUMENT_INVALID', `the preset ${name} has no network of its own.`, {
        remedy:
          'Give --model and --data; benchmarks/paper/README.md says where checkpoints are, and how they are exported.',
      });
    }
    const files = [row.model, row.data, row.trainingData!];
    const there = await Promise.all(files.map((file) => fs.stat(file).catch(() => undefined)));
    const missing = files.find((_, index) => !there[index]);
    if (missing === undefined) present.push({ ...row, preset: name, model: row.model, data: row.data });
    else console.log(`\nskipped ${name}: there is no ${path.relative(process.cwd(), missing)}.`);
  }
  return present;
}

async function run(subject: Subject, options: PaperOptions) {
  const { model } = subject;
  const temporary = options.keep === undefined;
  const folder =
    options.keep === undefined
      ? await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-paper-'))
      : path.join(options.keep, path.basename(model, '.onnx'));
  await fs.mkdir(folder, { recursive: true });
  const squareQueries = squareQueriesOf({ attack: options.attack ?? subject.attack.attack, queries: options.queries });
  const attackArguments = attackOf(
    squareQueries === undefined ? options : { ...options, queries: undefined },
    subject.attack,
  );
  const attack = settingsOf(attackArguments)!;
  const recipe = await recipeFor({ ...options, preset: undefined, crop: options.crop ?? subject.crop }, [model]);
  const forms = options.forms ?? subject.forms;
  const macs = options.macs ?? subject.macs;
  const progress = new Progress(path.basename(model));
  let current = '';
  try {
    const images = await imagesOf({ ...options, data: options.data ?? subject.data }, model, recipe);
    const seen = await trainingImages(subject, options, recipe, forms);
    const experiment: Experiment = {
      model,
      images,
      attack,
      squareQueries,
      transfer: options.transfer,
      normalization: normalizationFor(subject, options, recipe),
      series: forms.map((form) => {
        const isWeighted = form === 'weighted';
        const asked = isWeighted ? options.betas : form === 'unweighted' ? options.unweightedBetas : undefined;
        const named = isWeighted && options.macs === undefined ? (subject.betas ?? []) : [];
        if (form === 'pruned') return { form, betas: [], shares: options.sparsity };
        return asked ? { form, betas: asked, shares: [] } : { form, betas: named, shares: macs };
      }),
      alpha: forms.includes('weighted') ? await alphaOf(subject, options, seen) : undefined,
      calibration: seen && { images: seen.first(options.calibCount), attack: calibrationAttack(attackArguments) },
      budget: options.speed ? 1000 * options.budget : 0,
      threads: options.threads,
      batch: options.batch,
      seed: options.seed,
      folder,
      onProgress: (work, done, step) => {
        progress.update(done, `${work}: ${step}`);
        // In a log, a line for each piece of work.
        if (work !== current && !process.stderr.isTTY) note(`${new Date().toLocaleTimeString('en-GB')} ${work}`);
        current = work;
      },
    };
    const result = await runExperiment(experiment).finally(() => progress.stop());
    const attacked = attackTitle(images.length, attackArguments);
    console.log(titleOf(model, attacked, result));
    console.log(`\n${tablesOf(result)}`);
    for (const { form, share } of result.unreachable) {
      console.log(`\nNo ${form} GDWS keeps as little as ${share} of the MACs.`);
    }
    const { normalization } = experiment;
    return {
      model: path.basename(model),
      preset: subject.preset,
      images: images.length,
      attack,
      attacked,
      normalization,
      ...result,
    };
  } finally {
    if (temporary) await fs.rm(folder, { recursive: true });
  }
}

/** What the network expects before it: as given, or with --normalize that of the preset. */
function normalizationFor({ preset, normalization }: Subject, options: PaperOptions, recipe: Recipe) {
  if (!options.normalize) return normalizationOf(recipe);
  if (normalization && options.mean === undefined && options.std === undefined) return normalization;
  throw new GdwsError(
    'ARGUMENT_INVALID',
    `there is no normalisation of ${preset === undefined ? 'a preset' : preset} to take.`,
    {
      remedy: 'Give --mean and --std instead of --normalize, or neither where the file has them.',
    },
  );
}

/** Images that the network may have seen, for α and calibrations; `undefined` where no form needs them. */
async function trainingImages(
  subject: Subject,
  options: PaperOptions,
  recipe: Recipe,
  forms: readonly Form[],
): Promise<ImageSet | undefined> {
  const isCalibrated = forms.some((form) => form === 'calibrated' || form === 'int8');
  const needsAlpha = forms.includes('weighted') && options.alpha === undefined;
  if (!isCalibrated && !needsAlpha) return undefined;
  const data = options.alphaData ?? subject.trainingData;
  if (data === undefined) {
    throw new GdwsError('ARGUMENT_INVALID', 'weighted and calibrated GDWS need images that they are fitted to.', {
      remedy: 'Give --alpha-data, or --alpha for weighted GDWS alone; or --forms unweighted.',
    });
  }
  const count = Math.max(needsAlpha ? options.alphaCount : 0, isCalibrated ? options.calibCount : 0);
  return imagesOf({ ...options, labels: undefined, data, count, split: 'train' }, subject.model, recipe);
}

async function alphaOf(
  subject: Subject,
  options: PaperOptions,
  seen: ImageSet | undefined,
): Promise<Experiment['alpha']> {
  if (options.alpha !== undefined) return new Map(Object.entries(await readAlphaFile(options.alpha)));
  const usual = subject.attack;
  const { attack = usual.attack } = options;
  // α is of images just beyond what the network withstands, for which the paper takes PGD whatever is evaluated.
  const settings =
    attack === 'pgd' ? attackOf({ ...options, queries: undefined }, usual) : { ...usual, seed: options.seed };
  return { images: seen!.first(options.alphaCount), attack: settingsOf(settings)!, tieTolerance: options.tieTolerance };
}

/** That of --robust, within the bounds of the attack. */
function calibrationAttack({ attack, norm, eps, seed }: AttackArguments) {
  return settingsOf(attack === 'msd' ? { attack, eps, seed } : { attack: 'pgd', norm, eps, seed })!;
}

function attackTitle(images: number, attack: object): string {
  const { attack: name, norm, eps, steps, stepSize, restarts } = attack as Record<string, string | number | undefined>;
  const parts = [`${name}`, norm, `eps ${eps}`, steps && `${steps} steps`, stepSize && `of ${stepSize}`];
  const how = [...parts, restarts && `${restarts} runs`].filter((part) => part !== undefined).join(' ');
  return `${images} images, ${how}`;
}

function titleOf(model: string, attacked: string, { alpha }: ExperimentResult): string {
  const measured = alpha
    ? `; α of ${alpha.images} attacked images, worth ${alpha.effectiveImages.toPrecision(3)}, ${alpha.ties} ties`
    : '';
  return `\n${path.basename(model)}: ${attacked}${measured}`;
}

main(parseOptions(process.argv)).catch((error: unknown) => {
  console.error(error instanceof GdwsError ? String(error) : error);
  process.exitCode = 1;
});
