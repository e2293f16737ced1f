import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { GdwsError } from '../../src/base/errors';
import { readAlphaFile } from '../../src/cli/alpha-file';
import { settingsOf } from '../../src/cli/attack-options';
import { imagesOf, normalizationOf, type DataArguments } from '../../src/cli/data-options';
import { note } from '../../src/cli/output';
import { Progress } from '../../src/cli/progress';
import { writeWhole } from '../../src/onnx/write';
import { describeMachine } from '../machine';
import { machineLines } from '../report';
import { runExperiment, type Experiment, type ExperimentResult } from './experiment';
import { attackOf, parseOptions, type PaperOptions } from './options';
import { paperAttack, presets, type Preset } from './presets';
import { tablesOf } from './tables';

async function main(options: PaperOptions): Promise<void> {
  const machine = describeMachine();
  console.log(machineLines(machine));
  const subjects: (Partial<Preset> & { model: string; data: string })[] =
    options.model !== undefined ? [{ model: options.model, data: options.data! }] : await presentOf(options);
  const results: object[] = [];
  for (const subject of subjects) results.push(await run(subject, options));
  if (options.json !== undefined) {
    await writeWhole(options.json, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
  }
}

/** The presets whose files are there. */
async function presentOf({ preset }: PaperOptions): Promise<Preset[]> {
  const present: Preset[] = [];
  for (const name of preset) {
    const files = [presets[name].model, presets[name].data, presets[name].alphaData];
    const there = await Promise.all(files.map((file) => fs.stat(file).catch(() => undefined)));
    const missing = files.find((_, index) => !there[index]);
    if (missing === undefined) present.push(presets[name]);
    else console.log(`\nskipped ${name}: there is no ${path.relative(process.cwd(), missing)}.`);
  }
  return present;
}

async function run(subject: Partial<Preset> & { model: string; data: string }, options: PaperOptions): Promise<object> {
  const { model } = subject;
  const temporary = options.keep === undefined;
  const folder =
    options.keep === undefined
      ? await fs.mkdtemp(path.join(os.tmpdir(), 'gdws-paper-'))
      : path.join(options.keep, path.basename(model, '.onnx'));
  await fs.mkdir(folder, { recursive: true });
  const attackArguments = attackOf(options, subject.attack);
  const attack = settingsOf(attackArguments)!;
  const data: DataArguments = { ...options, data: options.data ?? subject.data };
  const progress = new Progress(path.basename(model));
  let current = '';
  try {
    const images = await imagesOf(data, model);
    const experiment: Experiment = {
      model,
      images,
      attack,
      normalization: normalizationOf(data),
      series: options.forms.map((form) => ({
        form,
        betas: form === 'weighted' ? options.betas : options.unweightedBetas,
        shares: options.macs,
      })),
      alpha: options.forms.includes('weighted') ? await alphaOf(subject, options) : undefined,
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
    console.log(titleOf(model, images.length, attackArguments, result));
    console.log(`\n${tablesOf(result)}`);
    for (const { form, share } of result.unreachable) {
      console.log(`\nNo β of ${form} GDWS keeps as little as ${share} of the MACs.`);
    }
    return { model: path.basename(model), images: images.length, attack, ...result };
  } finally {
    if (temporary) await fs.rm(folder, { recursive: true });
  }
}

async function alphaOf(
  subject: Partial<Preset> & { model: string },
  options: PaperOptions,
): Promise<Experiment['alpha']> {
  if (options.alpha !== undefined) return new Map(Object.entries(await readAlphaFile(options.alpha)));
  const data = options.alphaData ?? subject.alphaData;
  if (data === undefined) {
    throw new GdwsError('ARGUMENT_INVALID', 'weighted GDWS needs α.', {
      remedy: 'Give --alpha, or --alpha-data with images to measure it on; or --forms unweighted.',
    });
  }
  const images = await imagesOf({ ...options, labels: undefined, data, count: options.alphaCount }, subject.model);
  const usual = subject.attack ?? paperAttack;
  const { attack = usual.attack } = options;
  // α is of images just beyond what the network withstands, for which the paper takes PGD whatever is evaluated.
  const settings = attack === 'pgd' ? attackOf(options, usual) : { ...usual, seed: options.seed };
  return { images, attack: settingsOf(settings)!, tieTolerance: options.tieTolerance };
}

function titleOf(model: string, images: number, attack: object, { alpha }: ExperimentResult): string {
  const { attack: name, norm, eps, steps, stepSize, restarts } = attack as Record<string, string | number | undefined>;
  const parts = [`${name}`, norm, `eps ${eps}`, steps && `${steps} steps`, stepSize && `of ${stepSize}`];
  const how = [...parts, restarts && `${restarts} runs`].filter((part) => part !== undefined).join(' ');
  const measured = alpha
    ? `; α of ${alpha.images} attacked images, worth ${alpha.effectiveImages.toPrecision(3)}, ${alpha.ties} ties`
    : '';
  return `\n${path.basename(model)}: ${images} images, ${how}${measured}`;
}

main(parseOptions(process.argv)).catch((error: unknown) => {
  console.error(error instanceof GdwsError ? String(error) : error);
  process.exitCode = 1;
});
