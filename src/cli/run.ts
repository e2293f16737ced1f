import { Command, InvalidArgumentError, Option } from 'commander';
import type { InferenceSession as Common, Tensor } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import { formatNumber, formatShape, formatShare, formatTime } from '../base/format';
import { readLabels } from '../data/labels';
import { layouts, type Layout } from '../data/layout';
import type { Size } from '../data/placement';
import { preprocessingOf } from '../data/preprocessing-block';
import type { Recipe } from '../data/recipe';
import { classesOf } from '../data/top-k';
import { InferenceSession } from '../engine/session';
import { describe } from '../measure';
import { collected, jsonOption, positiveInteger, threadsOption } from './arguments';
import { firstGiven } from './dependent-options';
import { checkDestination } from './destination';
import { readFeeds } from './input-files';
import { interruption } from './interrupt';
import { note, print, printHeading, printJson, printTable } from './output';
import { isArrayFile, isMapFile, saveMap, saveOutputs } from './output-files';
import { isPicture, type PictureInput, type PictureOptions } from './picture-input';
import {
  addPreprocessingOptions,
  givenPreprocessing,
  recipeOf,
  type PreprocessingArguments,
} from './preprocessing-options';
import { withElapsed } from './progress';
import { describeOutput, type OutputSummary } from './result';

interface RunArguments extends PreprocessingArguments {
  readonly input: string[];
  readonly output?: string;
  readonly top: number;
  readonly size?: Size;
  readonly layout?: Layout;
  readonly labels?: string;
  readonly threads?: number;
  readonly json?: boolean;
}

/** Rows of a batch that are printed. */
const maxRows = 10;

/** `gdws run`: runs a model on pictures, or arrays that numpy saved. */
export function runCommand(): Command {
  const command = new Command('run')
    .description('run a model on a picture, or on .npy files')
    .argument('<model>', 'ONNX file, compressed or not')
    .requiredOption(
      '-i, --input <file>',
      'photo.jpg, file.npy, name=file.npy or file.npz; once for each input',
      collected,
    )
    .option(
      '-o, --output <path>',
      'write the outputs: to file.npy, to a folder as <output name>.npy, or a map to mask.png',
    )
    .option('--top <number>', 'how many of the likeliest classes to print', positiveInteger, 5)
    .option('--labels <file>', 'names of the classes, one a line')
    .option(
      '--size <pixels>',
      'of pictures, where the model leaves it open: 224, or height and width as 480x640',
      sizeOf,
    )
    .addOption(
      new Option(
        '--layout <axes>',
        'where the channels of pictures are: nchw, nhwc; by default as the shape says',
      ).choices(layouts),
    );
  return addPreprocessingOptions(command)
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Pictures (JPEG, PNG, WebP, AVIF, GIF, TIFF; by the package sharp) are fitted to the size that the model takes, and become numbers from 0 to 1,
or what --preset or the model's file says: docs/pictures.md. Elements of arrays are converted to the type that the model takes, unscaled; a
missing batch dimension is added.

Examples:
  $ gdws run small.onnx --input photo.jpg --preset torchvision --labels labels.txt
  $ gdws run segmentation.onnx --input photo.jpg --output mask.png
  $ gdws run small.onnx --input photo.npy
  $ gdws run small.onnx --input pixels=photo.npy --input mask=mask.npy --output results/
  $ gdws run small.onnx --input photo.npy --output logits.npy --json`,
    )
    .action(async (model: string, options: RunArguments) => {
      const isMapAsked = options.output !== undefined && isMapFile(options.output);
      if (options.output !== undefined && (isArrayFile(options.output) || isMapAsked)) {
        // Of 'name=file', the file may begin after any '='.
        const read = options.input.flatMap((input) => [input, input.slice(input.indexOf('=') + 1)]);
        await checkDestination(options.output, model, options.labels, ...read);
      }
      checkPictureOptions(options);
      const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
      const signal = interruption();
      const loading = InferenceSession.create(model, { intraOpNumThreads: options.threads });
      const session = await withElapsed('loading', loading);
      const asked = () => pictureOptionsOf(options, () => preprocessingOf(session, model), isMapAsked);
      const { feeds, notes, picture } = await readFeeds(session, options.input, asked);
      notes.forEach(note);
      const began = performance.now();
      const outputs = await withElapsed('running', session.run(feeds, { signal }));
      const milliseconds = performance.now() - began;
      if (labels) checkLabels(labels, outputs, options.labels!);
      const warm = await withElapsed(
        'running again',
        warmTime(() => session.run(feeds, { signal })),
      );
      const saved = await save(outputs, options.output, isMapAsked, picture);
      const summaries = session.outputNames.map((name) => ({
        ...describeOutput(name, outputs[name]!, options.top, labels),
        file: saved[name],
      }));
      await session.release();

      if (options.json) printJson({ model, milliseconds, warmMilliseconds: warm.median, outputs: summaries });
      else summaries.forEach(printOutput);
      for (const file of Object.values(saved)) note(`wrote ${file}`);
      const runs = warm.runs === 1 ? 'one run more' : `median of ${warm.runs} runs more`;
      note(`ran in ${formatTime(milliseconds)}; once warm, in ${formatTime(warm.median)} (${runs})`);
    });
}

/** @throws GdwsError ARGUMENT_INVALID for options of pictures where there are none */
function checkPictureOptions(options: RunArguments): void {
  const given = givenPreprocessing(options) ?? firstGiven({ '--size': options.size, '--layout': options.layout });
  if (given === undefined || options.input.some(isPicture)) return;
  throw new GdwsError('ARGUMENT_INVALID', `${given} belongs to pictures, and no input is one.`, {
    file: options.input[0],
    remedy: 'Leave it out, or give a picture: --input photo.jpg.',
  });
}

/** What is done to pictures, and where that is from. */
function pictureOptionsOf(options: RunArguments, said: () => Recipe | undefined, isForMap: boolean): PictureOptions {
  const isAsGiven = givenPreprocessing(options) !== undefined;
  const ofModel = options.preset === undefined ? said() : undefined;
  const ways = [...(isAsGiven ? ['as given'] : []), ...(ofModel ? ["as the model's file says"] : [])];
  return {
    recipe: recipeOf(options, ofModel, isForMap),
    origin: ways.join(', else ') || '--preset says what else a model may expect',
    size: options.size,
    layout: options.layout,
  };
}

/** @throws GdwsError ARGUMENT_INVALID where no output has as many classes as there are labels */
function checkLabels(labels: readonly string[], outputs: Common.ReturnType, file: string): void {
  const found = Object.entries(outputs as Record<string, Tensor>).map(([name, { dims }]) => ({ name, dims }));
  if (found.some(({ dims }) => classesOf(dims) === labels.length)) return;
  const [{ name, dims }] = found.filter((one) => classesOf(one.dims) !== undefined).concat(found) as [
    (typeof found)[0],
  ];
  throw new GdwsError(
    'ARGUMENT_INVALID',
    `there are ${labels.length} labels, and the output has ${classesOf(dims) ?? 'no'} classes.`,
    {
      file,
      tensor: name,
      shape: dims,
      remedy: 'Give a line for each class, in their order.',
    },
  );
}

/** Writes outputs, a map over the picture that the network got; returns the file of each. */
async function save(
  outputs: Common.ReturnType,
  destination: string | undefined,
  isMapAsked: boolean,
  picture: PictureInput | undefined,
): Promise<Record<string, string>> {
  if (destination === undefined) return {};
  if (!isMapAsked) return saveOutputs(outputs, destination);
  const placed = picture && {
    ...{ picture: picture.picture, size: picture.size, layout: picture.layout },
    ...{ fit: picture.recipe.fit, crop: picture.recipe.crop },
  };
  const { name, reading } = await saveMap(outputs, destination, placed ?? {});
  note(`output '${name}' as a picture: ${reading}`);
  return { [name]: destination };
}

/** Median time of further runs, in milliseconds: as many as fit into half a second, 1 to 20. */
async function warmTime(run: () => Promise<unknown>): Promise<{ median: number; runs: number }> {
  const times: number[] = [];
  const end = performance.now() + 500;
  do {
    const began = performance.now();
    await run();
    times.push(performance.now() - began);
  } while (times.length < 20 && performance.now() < end);
  return { median: describe(times).median, runs: times.length };
}

function printOutput({ name, type, dims, top, probabilities, statistics }: OutputSummary): void {
  printHeading(`${name}: ${type} ${formatShape(dims)}`);
  if (top) {
    const several = top.length > 1;
    const hasLabels = top[0]?.[0]?.label !== undefined;
    printTable(
      [
        ...(several ? [{ title: 'row', right: true }] : []),
        { title: 'index', right: true },
        ...(hasLabels ? [{ title: 'class' }] : []),
        ...(probabilities ? [{ title: 'probability', right: true }] : []),
        { title: 'value', right: true },
      ],
      top
        .slice(0, maxRows)
        .flatMap((row, number) =>
          row.map(({ index, label, probability, value }) => [
            ...(several ? [String(number)] : []),
            String(index),
            ...(hasLabels ? [label!] : []),
            ...(probability === undefined ? [] : [formatShare(probability)]),
            formatNumber(value),
          ]),
        ),
    );
    if (probabilities)
      print(
        `  probability: ${probabilities === 'softmax' ? 'softmax of the values' : 'the values, which add up to 1'}`,
      );
    if (top.length > maxRows)
      print(`  and ${top.length - maxRows} rows more: --json prints them, --output writes them`);
  } else if (statistics) {
    const { minimum, maximum, mean, deviation } = statistics;
    print(
      `  ${formatNumber(minimum)} to ${formatNumber(maximum)}, mean ${formatNumber(mean)} ± ${formatNumber(deviation)}`,
    );
  }
}

function sizeOf(text: string): Size {
  const sides = text.split(/[x×]/).map(positiveInteger);
  if (sides.length > 2) throw new InvalidArgumentError(`'${text}' is not of the form 224 or 480x640.`);
  return [sides[0]!, sides.at(-1)!];
}
