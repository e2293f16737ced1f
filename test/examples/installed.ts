import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ended, type Ended } from '../cli/ended';
import { installBundle } from '../package/installed-bundle';
import { root } from '../package/npm';

/** A copy of the examples in a folder where gdws and the packages that they need are installed; gdws as it is in `src`. */
export class InstalledExamples {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-examples-'));

  constructor() {
    fs.cpSync(path.join(root, 'examples'), path.join(this.folder, 'examples'), { recursive: true });
    installBundle(this.folder, ['sharp', 'fastify', 'express', '@nestjs', 'reflect-metadata', 'rxjs']);
  }

  /** A path in the folder. */
  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** Starts a program of the examples, such as `server/main.mjs`, with the folder as its working folder. */
  start(program: string, args: readonly string[]): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, [this.file(path.join('examples', program)), ...args], { cwd: this.folder });
  }

  /** Runs one to its end. */
  run(program: string, ...args: readonly string[]): Promise<Ended> {
    return ended(this.start(program, args));
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
