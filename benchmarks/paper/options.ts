import { Command, InvalidArgumentError, Option } from 'commander';
import { finiteNumber, positiveInteger, threadsOption } from '../../src/cli/arguments';
import { addAttackOptions, attackOption, type AttackArguments } from '../../src/cli/attack-options';
import { addDataOptions, type DataArguments } from '../../src/cli/data-options';
import { listOf, parseSeconds } from '../options';
import type { Series } from './networks';
import { paperAttack, presetNames, type PresetName } from './presets';

/** What the experiment is made of, as given; {@link settingsOf} fills in what is not. */
export interface PaperOptions extends AttackArguments, Omit<DataArguments, 'data'> {
  readonly preset: PresetName[];
  readonly model?: string;
  readonly data?: string;
  readonly forms: Series['form'][];
  readonly macs: number[];
  readonly betas?: number[];
  readonly unweightedBetas?: number[];
  readonly alpha?: string;
  readonly alphaData?: string;
  readonly alphaCount: number;
  readonly tieTolerance?: number;
  readonly threads?: number;
  readonly batch?: number;
  readonly budget: number;
  readonly speed: boolean;
  readonly keep?: string;
  readonly json?: string;
  readonly quick?: boolean;
}

const forms = ['weighted', 'unweighted'] as const;

/** The options of `benchmarks/paper/main.ts`; prints help or what is wrong, and ends the process, where there is nothing to run. */
export function parseOptions(argv: readonly string[]): PaperOptions {
  const command = new Command('npm run bench:paper --')
    .description(
      "The paper's experiment: a robust network, dense and as GDWS at several β, weighted by α and not: natural and robust " +
        'accuracy, parameters, multiply-accumulates, images a second.',
    )
    .option('--preset <names>', `of ${presetNames.join(', ')}`, listOf(parsePreset), presetNames)
    .option('--model <file>', 'an ONNX file instead, with --data');
  addAttackOptions(addDataOptions(command), attackOption('the attack; by default that of the preset or the paper'))
    .option('--forms <names>', `of ${forms.join(', ')}`, listOf(parseForm), [...forms])
    .option('--macs <shares>', 'shares of the MACs to find β for', listOf(finiteNumber), [0.75, 0.5, 0.35, 0.25])
    .option('--betas <numbers>', 'β of weighted GDWS instead', listOf(finiteNumber))
    .option('--unweighted-betas <numbers>', 'β of unweighted GDWS instead', listOf(finiteNumber))
    .option('--alpha <file>', 'weight-error vectors of `gdws alpha`, instead of measuring them')
    .option('--alpha-data <path>', 'images to measure α on, attacked by PGD; not those of --data')
    .option('--alpha-count <number>', 'how many of them', positiveInteger, 1000)
    .option('--tie-tolerance <share>', 'α without margins up to this share of the largest logit', finiteNumber)
    .addOption(threadsOption())
    .option('--batch <number>', 'images an attack runs at once', positiveInteger)
    .option('--budget <seconds>', 'time for the race of all networks', parseSeconds, 20)
    .option('--no-speed', 'leave the race out')
    .option('--keep <folder>', 'leave the networks and α there')
    .option('--json <file>', 'write all figures there')
    .addOption(
      new Option('--quick', 'few images, steps and networks: whether it runs').implies({
        count: 50,
        alphaCount: 32,
        steps: 10,
        macs: [0.5],
        budget: 2,
      }),
    );
  command.options.find(({ long }) => long === '--data')!.makeOptionMandatory(false);
  const options = command.parse(argv).opts<PaperOptions>();
  if ((options.model === undefined) !== (options.data === undefined)) {
    command.error('error: --model and --data belong together; without both, --preset says what is run');
  }
  return options;
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

function parseForm(text: string): Series['form'] {
  const form = forms.find((known) => known === text);
  if (!form) throw new InvalidArgumentError(`There is no form '${text}'.`);
  return form;
}
