import { Command } from 'commander';
import { alphaCommand } from './alpha';
import { debugOption } from './arguments';
import { benchCommand } from './bench';
import { compressCommand } from './compress';
import { evaluateCommand } from './evaluate';
import { inspectCommand } from './inspect';
import { runCommand } from './run';
import { serveCommand } from './serve';
import { sweepCommand } from './sweep';
import { version } from '../base/version';

/** The command line. Parsing throws commander's errors, and those of the commands. */
export function program(): Command {
  const gdws = new Command('gdws')
    .description(
      'Turns trained convolutional networks (ONNX) into generalized depthwise-separable ones, and runs them fast on CPUs.',
    )
    .version(version());
  const commands = [
    inspectCommand(),
    compressCommand(),
    runCommand(),
    benchCommand(),
    evaluateCommand(),
    alphaCommand(),
    sweepCommand(),
    serveCommand(),
  ];
  for (const command of commands) {
    gdws.addCommand(command.addOption(debugOption()));
  }
  for (const command of [gdws, ...gdws.commands]) {
    command
      .exitOverride()
      .showHelpAfterError(`'${['gdws', command === gdws ? '' : `${command.name()} `].join(' ')}--help' says how.`);
  }
  return gdws;
}
