#!/usr/bin/env node
import { withPackages } from '../base/optional';
import { exitCodeOf, report } from './failure';

const packages = ['commander', 'cli-table3', 'cli-progress'];

async function main(): Promise<void> {
  const { program } = await withPackages(packages, () => import('./program.js'));
  await program().parseAsync();
}

// A reader that closes the pipe early, as in 'gdws inspect model.onnx | head', is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

main().catch((error: unknown) => {
  report(error, process.argv.includes('--debug'));
  process.exitCode = exitCodeOf(error);
});
