import { Command } from 'commander';
import { formatNumber, formatTime } from '../base/format';
import { weightErrors, type WeightErrors } from '../calibrate/weight-error';
import type { CompressOptions } from '../compress/options';
import { normalizationOf } from '../data/preprocessing';
import { alphaWriter } from './alpha-file';
import { collected, jsonOption, positiveInteger, share, threadsOption } from './arguments';
import { addAttackOptions, attackOption, settingsOf, type AttackArguments } from './attack-options';
import { addDataOptions, imagesOf, type DataArguments } from './data-options';
import { checkDestination } from './destination';
import { interruption } from './interrupt';
import { note, printJson, printTable, warn } from './output';
import { recipeFor } from './preprocessing-options';
import { Progress } from './progress';

/** With a smaller effective number of images, α depends on single images. */
const fewImages = 5;

interface AlphaArguments
  extends DataArguments, AttackArguments, Pick<CompressOptions, 'include' | 'exclude' | 'firstLayer'> {
  readonly output: string;
  readonly rivals?: number;
  readonly tieTolerance?: number;
  readonly batch?: number;
  readonly threads?: number;
  readonly json?: boolean;
}

/** `gdws alpha`: the weight-error vectors of equation 8, for `gdws compress --alpha`. */
export function alphaCommand(): Command {
  const command = new Command('alpha')
    .description("measure how much each input channel's weights matter on images (the paper's equation 8)")
    .argument('<model>', 'ONNX file of a classifier')
    .requiredOption('-o, --output <file>', 'where to write them, .json or .npz; a file of that name is replaced');
  return addAttackOptions(addDataOptions(command, 'train'), attackOption('perturb the images first by this attack'))
    .option(
      '--rivals <number>',
      'other classes that count, those of the largest logits; all by default',
      positiveInteger,
    )
    .option('--tie-tolerance <share>', 'margins up to this share of the largest logit are ties and left out', share)
    .option('--include <name>', 'measure only these layers; * stands for anything; may be repeated', collected)
    .option('--exclude <name>', 'leave these layers out; * stands for anything; may be repeated', collected)
    .option('--first-layer', "measure the network's first convolution too")
    .option('--batch <number>', 'images at once; by default what suits the caches', positiveInteger)
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
docs/alpha.md says what is measured.

Examples:
  $ gdws alpha model.onnx --data data_batch_1.bin --count 1000 -o alpha.json
  $ gdws alpha model.onnx --data data_batch_1.bin --attack pgd --eps 8/255 --steps 100 --step-size 1/255 -o alpha.json
  $ gdws compress model.onnx -o small.onnx --beta 0.005 --alpha alpha.json`,
    )
    .action(async (model: string, options: AlphaArguments) => {
      const { output, rivals, tieTolerance, batch, threads, seed, include, exclude, firstLayer } = options;
      await checkDestination(output, model, options.data, options.labels);
      const write = await alphaWriter(output);
      const attack = settingsOf(options);
      // Only an attack needs labels.
      const recipe = await recipeFor(options, [model]);
      const images = await imagesOf(options, model, recipe, attack === undefined);
      const progress = new Progress('measuring');
      const measured = await weightErrors(model, images, {
        attack,
        normalization: normalizationOf(recipe),
        rivals,
        tieTolerance,
        batchSize: batch,
        threads,
        seed,
        include,
        exclude,
        firstLayer,
        signal: interruption(),
        onProgress: ({ done, total, step, secondsLeft }) => {
          const left = secondsLeft === undefined ? '' : `, ${formatTime(1000 * secondsLeft)} left`;
          progress.update(done / total, `${step}: ${done} of ${total} images${left}`);
        },
      }).finally(() => progress.stop());
      await write(measured.alpha);

      const document = { model, output, attack, ...summaryOf(measured) };
      if (options.json) printJson(document);
      else printSummary(document);
      note(`wrote ${output}`);
    });
}

function summaryOf({ alpha, images, ties, effectiveImages }: WeightErrors) {
  const layers = [...alpha].map(([name, values]) => {
    const sorted = values.slice().sort();
    return {
      name,
      channels: values.length,
      smallest: sorted[0]!,
      median: sorted[Math.floor((sorted.length - 1) / 2)]!,
      largest: sorted.at(-1)!,
    };
  });
  return { images, ties, effectiveImages, layers };
}

function printSummary({ images, ties, effectiveImages, layers }: ReturnType<typeof summaryOf>): void {
  printTable(
    [
      { title: 'layer' },
      { title: 'channels', right: true },
      { title: 'smallest α', right: true },
      { title: 'median', right: true },
      { title: 'largest', right: true },
    ],
    layers.map(({ name, channels, smallest, median, largest }) => [
      name,
      String(channels),
      ...[smallest, median, largest].map(formatNumber),
    ]),
  );
  const worth = `${images} images, worth ${formatNumber(effectiveImages)} equally weighty ones`;
  if (effectiveImages < fewImages) {
    warn('a few images near the decision boundary decide: --tie-tolerance 0.1 leaves their smallest margins out.');
  }
  note(ties === 0 ? worth : `${worth}; ${ties} tied pairs of logits left out`);
}
