import { Command } from 'commander';
import { InferenceSession } from '../engine/session';
import { describe } from '../measure';
import { collected, jsonOption, positiveInteger, threadsOption } from './arguments';
import { checkDestination } from './destination';
import { formatNumber, formatShape, formatTime } from './format';
import { readFeeds } from './input-files';
import { interruption } from './interrupt';
import { note, print, printHeading, printJson, printTable } from './output';
import { isArrayFile, saveOutputs } from './output-files';
import { withElapsed } from './progress';
import { describeOutput, type OutputSummary } from './result';

interface RunArguments {
  readonly input: string[];
  readonly output?: string;
  readonly top: number;
  readonly threads?: number;
  readonly json?: boolean;
}

/** Rows of a batch that are printed. */
const maxRows = 10;

/** `gdws run`: runs a model on arrays that numpy saved. */
export function runCommand(): Command {
  return new Command('run')
    .description('run a model on .npy files')
    .argument('<model>', 'ONNX file, compressed or not')
    .requiredOption('-i, --input <file>', 'file.npy, name=file.npy or file.npz; once for each input', collected)
    .option('-o, --output <path>', 'write the outputs: to file.npy, or to a folder as <output name>.npy')
    .option('--top <number>', 'how many of the largest logits to print', positiveInteger, 5)
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Elements are converted to the type that the model takes, unscaled; a missing batch dimension is added.

Examples:
  $ gdws run small.onnx --input photo.npy
  $ gdws run small.onnx --input pixels=photo.npy --input mask=mask.npy --output results/
  $ gdws run small.onnx --input photo.npy --output logits.npy --json`,
    )
    .action(async (model: string, options: RunArguments) => {
      if (options.output !== undefined && isArrayFile(options.output)) {
        // Of 'name=file', the file may begin after any '='.
        const read = options.input.flatMap((input) => [input, input.slice(input.indexOf('=') + 1)]);
        await checkDestination(options.output, model, ...read);
      }
      const signal = interruption();
      const loading = InferenceSession.create(model, { intraOpNumThreads: options.threads });
      const session = await withElapsed('loading', loading);
      const { feeds, notes } = await readFeeds(session, options.input);
      notes.forEach(note);
      const began = performance.now();
      const outputs = await withElapsed('running', session.run(feeds, { signal }));
      const milliseconds = performance.now() - began;
      const warm = await withElapsed(
        'running again',
        warmTime(() => session.run(feeds, { signal })),
      );
      const saved = options.output === undefined ? {} : await saveOutputs(outputs, options.output);
      const summaries = session.outputNames.map((name) => ({
        ...describeOutput(name, outputs[name]!, options.top),
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

function printOutput({ name, type, dims, top, statistics }: OutputSummary): void {
  printHeading(`${name}: ${type} ${formatShape(dims)}`);
  if (top) {
    const several = top.length > 1;
    printTable(
      [
        ...(several ? [{ title: 'row', right: true }] : []),
        { title: 'index', right: true },
        { title: 'value', right: true },
      ],
      top
        .slice(0, maxRows)
        .flatMap((row, number) =>
          row.map(({ index, value }) => [...(several ? [String(number)] : []), String(index), formatNumber(value)]),
        ),
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
