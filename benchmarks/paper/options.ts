import { Command, InvalidArgumentError, Option } from 'commander';
import { finiteNumber, positiveInteger, shareUpToOne, threadsOption } from '../../src/cli/arguments';
import { addAttackOptions, attackOption, type AttackArguments } from '../../src/cli/attack-options';
import { addImageOptions, type ImageArguments } from '../../src/cli/data-options';
import { addRecipeOptions, type PreprocessingArguments } from '../../src/cli/preprocessing-options';
import { listOf, parseSeconds } from '../options';
import { forms, type Form } from './networks';
import { paperAttack, presetNames, usualMacs, type PresetName } from './presets';

/** What the experiment is made of, as given; a preset fills in what is not. */
export interface PaperOptions
  extends AttackArguments, Omit<ImageArguments, 'data'>, Omit<PreprocessingArguments, 'preset'> {
  readonly preset?: PresetName[];
  readonly model?: string;
  readonly data?: string;
  readonly normalize?: boolean;
  readonly forms?: Form[];
  readonly macs?: number[];
  readonly sparsity: number[];
  readonly betas?: number[];
  readonly unweightedBetas?: number[];
  readonly alpha?: string;
  readonly alphaData?: string;
  readonly alphaCount: number;
  readonly calibCount: number;
  readonly tieTolerance?: number;
  readonly threads?: number;
  readonly batch?: number;
  readonly budget: number;
  readonly transfer: boolean;
  readonly speed: boolean;
  readonly keep?: string;
  readonly svg?: string;
  readonly json?: string;
  readonly quick?: boolean;
}

/** The options of `benchmarks/paper/main.ts`; prints help or what is wrong, and ends the process, where there is nothing to run. */
export function parseOptions(argv: readonly string[]): PaperOptions {
  const command = new Command('npm run bench:paper --')
    .description(
      "The paper's experiment: a robust network, dense and as GDWS at several costs: by the paper's algorithm weighted by α and not, " +
        'calibrated, calibrated and in int8: natural and robust accuracy, parameters, multiply-accumulates, images a second in both engines.',
    )
    .option(
      '--preset <names>',
      `of ${presetNames.join(', ')}; mnist and cifar10 by default; with --model one, whose attack, costs and preprocessing are taken`,
      listOf(parsePreset),
    )
    .option('--model <file>', 'an ONNX file, with --data')
    .option('--normalize', "the file does not normalise images: by the preset's mean and deviation before it");
  addAttackOptions(
    addRecipeOptions(addImageOptions(command)),
    attackOption('the attack; by default that of the preset or the paper'),
  )
    .option(
      '--forms <names>',
      `of ${forms.join(', ')}; those of the preset by default, else the first two`,
      listOf(parseForm),
    )
    .option(
      '--macs <shares>',
      `shares of the MACs to keep, for which β is sought; those of the preset by default, else ${usualMacs.join(',')}`,
      listOf(finiteNumber),
    )
    .option(
      '--sparsity <shares>',
      'shares of the weights that the form pruned sets to 0',
      listOf(shareUpToOne),
      [0.9, 0.95],
    )
    .option('--betas <numbers>', 'β of weighted GDWS instead', listOf(finiteNumber))
    .option('--unweighted-betas <numbers>', 'β of unweighted GDWS instead', listOf(finiteNumber))
    .option('--alpha <file>', 'weight-error vectors of `gdws alpha`, instead of measuring them')
    .option(
      '--alpha-data <path>',
      'images to measure α and to calibrate on, attacked by PGD; not those of --data; by default its training images where that is a folder of CIFAR',
    )
    .option('--alpha-count <number>', 'how many of them for α', positiveInteger, 1000)
    .option('--calib-count <number>', 'how many of them to calibrate on', positiveInteger, 512)
    .option('--tie-tolerance <share>', 'α without margins up to this share of the largest logit', finiteNumber)
    .addOption(threadsOption())
    .option('--batch <number>', 'images an attack runs at once', positiveInteger)
    .option('--budget <seconds>', 'time for the race of all networks', parseSeconds, 20)
    .option('--no-transfer', 'do not try the images made on one network on another')
    .option('--no-speed', 'leave the race out')
    .option('--keep <folder>', 'leave the networks and α there')
    .option('--svg <file>', 'draw robust accuracy against frames per second there, of one network')
    .option('--json <file>', 'write all figures there')
    .addOption(
      new Option('--quick', 'few images, steps and networks: whether it runs').implies({
        count: 50,
        alphaCount: 32,
        calibCount: 32,
        steps: 10,
        queries: 50,
        macs: [0.5],
        budget: 2,
      }),
    );
  command.options.find(({ long }) => long === '--data')!.makeOptionMandatory(false);
  const options = command.parse(argv).opts<PaperOptions>();
  if ((options.model === undefined) !== (options.data === undefined)) {
    command.error('error: --model and --data belong together; without both, --preset says what is run');
  }
  const subjects = options.model === undefined ? (options.preset?.length ?? 2) : 1;
  if (options.model !== undefined && (options.preset?.length ?? 0) > 1) {
    command.error('error: --model takes one --preset');
  }
  if (options.svg !== undefined && subjects > 1) command.error('error: --svg draws one network: name one --preset');
  if (options.svg !== undefined && !options.speed)
    command.error('error: --svg needs the race that --no-speed leaves out');
  // AutoAttack's number of steps is its own.
  const impliedSteps = command.getOptionValueSource('steps') === 'implied' && options.attack === 'autoattack';
  return impliedSteps ? { ...options, steps: undefined } : options;
}

/** The attack: of the preset or the paper, with what was given instead. */
export function attackOf(
  options: AttackArguments,
  usual: Omit<AttackArguments, 'seed'> = paperAttack,
): AttackArguments {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const { norm, eps } = usual;
  // Steps of PGD say nothing of another attack, nor do those in one norm of another.
  const base = options.attack === undefined || options.attack === usual.attack ? usual : { norm, eps };
  const foreign = options.norm !== undefined && options.norm !== usual.norm;
  return { ...(foreign ? { attack: base.attack ?? options.attack } : base), ...given } as AttackArguments;
}

function parsePreset(text: string): PresetName {
  const name = presetNames.find((known) => known === text);
  if (!name) throw new InvalidArgumentError(`There is no preset '${text}'.`);
  return name;
}

function parseForm(text: string): Form {
  const form = forms.find((known) => known === text);
  if (!form) throw new InvalidArgumentError(`There is no form '${text}'.`);
  return form;
}
