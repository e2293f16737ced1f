import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { root } from '../package/npm';

/** How an example ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A copy of the examples in a folder where gdws and the packages that they need are installed; gdws as it is in `src`. */
export class InstalledExamples {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-examples-'));

  constructor() {
    fs.cpSync(path.join(root, 'examples'), path.join(this.folder, 'examples'), { recursive: true });
    const installed = path.join(this.folder, 'node_modules', 'gdws');
    buildSync({
      entryPoints: [path.join(root, 'src/index.ts')],
      outfile: path.join(installed, 'index.js'),
      bundle: true,
      platform: 'node',
    });
    fs.symlinkSync(path.join(root, 'build', 'Release', 'gdws.node'), path.join(installed, 'gdws.node'));
    for (const name of ['sharp', 'fastify']) {
      fs.symlinkSync(path.join(root, 'node_modules', name), path.join(this.folder, 'node_modules', name));
    }
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
    const child = this.start(program, args);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  remove(): void {
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}
