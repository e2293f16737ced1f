import { InvalidArgumentError, Option, type Command } from 'commander';

/** What {@link addJsonFileOption} gives: a file, or whether to print. */
export type JsonDestination = string | boolean | undefined;

/**
 * `--json` with or without a file. What follows it is only its file if the name ends in `.json`: elsewhere, too, it is a flag, which may
 * stand in front of the models.
 */
export function addJsonFileOption(command: Command): Command {
  const parseOptions = command.parseOptions.bind(command);
  command.parseOptions = (args) => parseOptions(withFlags(args));
  return command.addOption(
    new Option('--json [file]', 'print one JSON document, or write it to this file, *.json; it is replaced').argParser(
      jsonFile,
    ),
  );
}

/** Each `--json` in front of another word as `--json=`, which takes no further word. */
function withFlags(args: readonly string[]): string[] {
  const end = args.indexOf('--');
  return args.map((word, index) => {
    const isOption = word === '--json' && (end < 0 || index < end);
    return isOption && args[index + 1]?.endsWith('.json') !== true ? '--json=' : word;
  });
}

function jsonFile(text: string): string | boolean {
  if (text === '') return true;
  if (text.endsWith('.json')) return text;
  throw new InvalidArgumentError(`'${text}' does not end in .json.`);
}
