import type { Command } from 'commander';
import type { PrepareOptions } from '../compress/options';
import { collected, shapeOption } from './arguments';

/** Which layers may be replaced, and the shapes of the inputs. */
export interface LayerArguments extends Pick<PrepareOptions, 'include' | 'exclude' | 'firstLayer' | 'foldBatchNorm'> {
  readonly shape?: Record<string, number[]>;
}

export function addLayerOptions(command: Command): Command {
  return command
    .option('--include <name>', 'replace only these layers; * stands for anything; may be repeated', collected)
    .option('--exclude <name>', 'leave these layers as they are; * stands for anything; may be repeated', collected)
    .option('--first-layer', "replace the network's first convolution too")
    .option('--fold-batch-norm', 'fold batch normalisations into the convolutions before them first')
    .addOption(shapeOption());
}
