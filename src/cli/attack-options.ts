import { InvalidArgumentError, Option, type Command } from 'commander';
import { GdwsError } from '../base/errors';
import { attackNames } from '../robustness/attacks';
import { norms, type Norm } from '../robustness/norm';
import type { AttackSettings } from '../robustness/settings';
import { positiveInteger } from './arguments';

/** An attack and how it is run. */
export interface AttackArguments {
  readonly attack?: (typeof attackNames)[number];
  readonly norm?: Norm;
  readonly eps?: string;
  readonly steps?: number;
  readonly stepSize?: string;
  readonly restarts?: number;
  readonly loss?: 'ce' | 'dlr' | 'dlr-targeted';
  readonly queries?: number;
  readonly seed: number;
}

/** `--attack`, for each command to describe. */
export function attackOption(description: string): Option {
  return new Option('-a, --attack <name>', description).choices(attackNames);
}

export function addAttackOptions(command: Command, attack: Option): Command {
  return command
    .addOption(attack)
    .addOption(new Option('--norm <name>', 'norm of the perturbation; linf by default').choices(norms))
    .option('--eps <bound>', 'its bound, of pixels from 0 to 1, 8/255 by default; of msd three, for linf,l2,l1')
    .option('--steps <number>', 'gradient steps', positiveInteger)
    .option('--step-size <length>', 'length of a step, of pgd')
    .option('--restarts <number>', 'independent runs', positiveInteger)
    .addOption(new Option('--loss <name>', 'what pgd and apgd raise').choices(['ce', 'dlr', 'dlr-targeted']))
    .option(
      '--queries <number>',
      'queries of square and autoattack, also where square is added for quantized networks',
      positiveInteger,
    )
    .option('--seed <number>', 'repeats a run', seedNumber, 0);
}

/** `--queries`, where they are not the attack's own, but of the attack square that is added where a network is quantized. */
export function squareQueriesOf({ attack, queries }: Pick<AttackArguments, 'attack' | 'queries'>): number | undefined {
  return attack === undefined || attack === 'square' || attack === 'autoattack' ? undefined : queries;
}

/**
 * The settings of the attack, which checks them itself; `undefined` without an attack.
 *
 * @param option the one that names the attack
 * @throws GdwsError ARGUMENT_INVALID
 */
export function settingsOf(options: AttackArguments, option = '--attack'): AttackSettings | undefined {
  const { attack, norm, eps = '8/255', steps, stepSize, restarts, loss, queries } = options;
  const given = Object.fromEntries(
    Object.entries({ steps, stepSize, restarts, loss, queries }).filter(([, value]) => value !== undefined),
  );
  if (attack === undefined) {
    const idle = Object.keys({ ...given, ...(norm && { norm }), ...(options.eps && { eps }) });
    if (idle.length === 0) return undefined;
    throw new GdwsError('ARGUMENT_INVALID', `${idle.join(' and ')} given without an attack.`, {
      remedy: `Name it: ${option} pgd.`,
    });
  }
  if (attack !== 'msd') return { attack, norm: norm ?? 'linf', eps, ...given };
  if (norm !== undefined) {
    throw new GdwsError('ARGUMENT_INVALID', `norm is '${norm}'.`, {
      remedy: 'The attack msd is bounded in all three norms at once: leave --norm out.',
    });
  }
  const bounds = eps.split(',');
  if (bounds.length !== norms.length) {
    throw new GdwsError('ARGUMENT_INVALID', `eps is ${eps}.`, {
      remedy: `The attack msd takes three bounds, for ${norms.join(',')}: --eps 0.3,2,10.`,
    });
  }
  const byNorm = Object.fromEntries(norms.map((name, i) => [name, bounds[i]!]));
  return { attack, eps: byNorm, ...given } as unknown as AttackSettings;
}

function seedNumber(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new InvalidArgumentError(`'${text}' is not a whole number from 0 on.`);
  }
  return Number(text);
}
