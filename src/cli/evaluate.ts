import path from 'node:path';
import { Command } from 'commander';
import { GdwsError } from '../base/errors';
import { formatNumber } from '../base/format';
import type { ImageSet } from '../data/image-set';
import type { Recipe } from '../data/recipe';
import { writeWhole } from '../onnx/whole-file';
import { evaluate } from '../robustness/evaluate';
import type { AttackSettings } from '../robustness/settings';
import { mergeShards, type MergedEvaluation } from '../robustness/shards/merge-shards';
import type { Shard } from '../robustness/shards/shard';
import { readAllShards } from '../robustness/shards/shard-file';
import { collected, positiveInteger, threadsOption } from './arguments';
import { addAttackOptions, attackOption, settingsOf, squareQueriesOf } from './attack-options';
import { addDataOptions, imagesOf } from './data-options';
import { firstGiven } from './dependent-options';
import { checkDestination } from './destination';
import { evaluateShardInto } from './evaluate-shard';
import { withModels, type EvaluateArguments } from './evaluated-models';
import { documentOf, printEvaluation } from './evaluation-report';
import { addJsonFileOption, type JsonDestination } from './json-file-option';
import { jsonText, note, printJson } from './output';
import { recipeFor } from './preprocessing-options';
import { Progress } from './progress';
import { shardOption } from './shard-options';

interface CommandArguments extends EvaluateArguments {
  readonly shard?: Shard;
  readonly merge?: boolean;
  readonly json?: JsonDestination;
}

/** `gdws evaluate`: natural accuracy of one model or several, and robust accuracy under an attack. */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description('measure the accuracy of models, natural and under attack')
    .argument(
      '<models...>',
      'ONNX files of classifiers; the first is compared with the others, image by image; with --merge files of shards',
    );
  addAttackOptions(addDataOptions(command), attackOption('the attack; without one, natural accuracy alone'))
    .option('--transfer', 'also try the images made on each model on the others')
    .option(
      '--transfer-from <model>',
      'a further model that is attacked: all must withstand its images, too; may be repeated',
      collected,
    )
    .option('--batch <number>', 'images at once', positiveInteger, 32)
    .addOption(threadsOption())
    .addOption(shardOption())
    .option('--merge', 'put the files of all shards together: the same figures as in one run; takes --json only');
  // The shards know their data.
  command.on('option:merge', () => command.options.forEach((option) => (option.mandatory = false)));
  return addJsonFileOption(command)
    .addHelpText(
      'after',
      `
What is not given, is as docs/robustness.md says of each attack.

Rounding hides gradients. So a quantized model must also withstand the images made on models that are not quantized: on those beside it, and
on those of --transfer-from. It and the models beside it must also withstand the attack square, of --queries. An image counts as robust if
it withstands all.

Examples:
  $ gdws evaluate model.onnx small.onnx --data test_batch.bin
  $ gdws evaluate model.onnx --data test_batch.bin --attack pgd --norm linf --eps 8/255 --steps 100 --step-size 1/255
  $ gdws evaluate dense.onnx small.onnx --data t10k-images-idx3-ubyte --attack pgd --eps 0.3 --transfer
  $ gdws evaluate int8.onnx --transfer-from fp32.onnx --data test_batch.bin --attack apgd --eps 8/255 --queries 1000
  $ gdws evaluate model.onnx --data pictures/ --preset torchvision --attack autoattack
  $ gdws evaluate model.onnx --data test_batch.bin --attack autoattack --threads 4 --shard 3/16 --json part-3.json
  $ gdws evaluate --merge part-*.json --json whole.json`,
    )
    .action(async (models: string[], options: CommandArguments) => {
      const { json, shard } = options;
      if (options.merge) return merge(models, json, command);
      const isOfSquare = squareQueriesOf(options) !== undefined;
      const settings = settingsOf(isOfSquare ? { ...options, queries: undefined } : options);
      const idle = firstGiven({ transfer: options.transfer, 'transfer-from': options.transferFrom });
      if (settings === undefined && idle) {
        throw new GdwsError('ARGUMENT_INVALID', `--${idle} belongs to --attack, which is not given.`, {
          remedy: 'Name the attack whose images are tried: --attack pgd.',
        });
      }
      if (typeof json === 'string') {
        const [first, ...others] = [
          ...models,
          ...(options.transferFrom ?? []),
          options.data,
          options.labels,
          options.synsets,
        ];
        await checkDestination(json, first!, ...others);
      } else if (shard) {
        throw new GdwsError('ARGUMENT_INVALID', '--shard is given without a file.', {
          remedy: `Say where its outcomes are to be written: --json part-${shard.number}.json.`,
        });
      }
      const recipe = await recipeFor(options, [...models, ...(options.transferFrom ?? [])]);
      const images = await imagesOf(options, models[0]!, recipe);
      if (shard) return evaluateShardInto(json as string, shard, models, images, recipe, settings, options);
      await give(await evaluateAll(models, images, recipe, settings, options), settings, images.length, json);
    });
}

async function evaluateAll(
  models: readonly string[],
  images: ImageSet,
  recipe: Recipe,
  settings: AttackSettings | undefined,
  options: EvaluateArguments,
): Promise<MergedEvaluation> {
  const progress = new Progress('evaluating');
  const { data: pixels } = images.batch(0, images.length).images as { data: Float32Array };
  return withModels(models, images, recipe, settings, options, (candidates, evaluating) =>
    evaluate(candidates, pixels, images.labels, settings as AttackSettings, {
      ...evaluating,
      onProgress: ({ classifier, attack, done, total, broken, imagesPerSecond }) =>
        progress.update(
          done / total,
          `${path.basename(classifier)}${attack ? `, ${attack}` : ''}: ${broken} of ${done} ${settings ? 'broken' : 'wrong'}, ${formatNumber(imagesPerSecond)} images/s`,
        ),
    }),
  ).finally(() => progress.stop());
}

/** Prints an evaluation, or writes it. */
async function give(
  found: MergedEvaluation,
  settings: AttackSettings | undefined,
  images: number,
  json: JsonDestination,
): Promise<void> {
  if (json === true) return printJson(documentOf(found, settings, images));
  if (typeof json === 'string') await writeWhole(json, `${jsonText(documentOf(found, settings, images))}\n`);
  printEvaluation(found, images);
  if (typeof json === 'string') note(`wrote ${json}`);
}

/** `--merge`, to which nothing belongs but where to write. */
async function merge(files: readonly string[], json: JsonDestination, command: Command): Promise<void> {
  const idle = command.options.find(
    (option) =>
      !['merge', 'json', 'debug'].includes(option.attributeName()) &&
      command.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (idle) {
    throw new GdwsError('ARGUMENT_INVALID', `${idle.long} is given beside --merge.`, {
      remedy: 'Leave it out: the files of the shards say how these were evaluated.',
    });
  }
  if (typeof json === 'string') {
    const [first, ...others] = files as [string, ...string[]];
    await checkDestination(json, first, ...others);
  }
  const shards = await readAllShards(files as [string, ...string[]]);
  const { attack, data } = shards[0]!.conditions;
  const found = mergeShards(shards.map(({ outcomes }) => outcomes));
  await give(found, attack, data.images, json);
}
