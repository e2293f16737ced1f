import { root, run } from './npm';

/** A platform that there is a package for, as scripts/platforms/targets.mjs has it. */
export interface Target {
  readonly name: string;
  /** Absent where it is for every platform, as WebAssembly's; so is `cpu`. */
  readonly os?: string;
  readonly cpu?: string;
  readonly libc?: string;
}

const program = `
  import { targets, published, targetOfMachine } from './scripts/platforms/targets.mjs';
  console.log(JSON.stringify({ targets, published, machine: targetOfMachine().name }));`;

/** Those of addons, those with WebAssembly, and the name of this machine's. */
export const { targets, published, machine } = JSON.parse(
  run(process.execPath, ['--input-type=module', '-e', program], root),
) as { targets: readonly Target[]; published: readonly Target[]; machine: string };
