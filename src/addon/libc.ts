import fs from 'node:fs';

/** The C library that a process runs with. */
export interface Libc {
  readonly family: 'glibc' | 'musl';
  /** As `2.36`; undefined where it is not known, as always with musl. */
  readonly version: string | undefined;
}

/** The C library of this process; undefined on systems other than Linux. */
export function libcOfProcess(): Libc | undefined {
  if (process.platform !== 'linux') return undefined;
  const version = glibcOfReport();
  return { family: libcFamily() ?? (version ? 'glibc' : 'musl'), version };
}

/**
 * Which C library it is; undefined where the program that runs (as a rule Node's) does not name its loader. That reads a
 * page of a file (0.3 ms), where a report takes 4 to 8 ms.
 */
export function libcFamily(): Libc['family'] | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const program = fs.openSync(process.execPath, 'r');
    try {
      const start = Buffer.alloc(4096);
      fs.readSync(program, start, 0, start.length, 0);
      const loader = /\/(ld-musl|ld-linux)[\w.-]*\.so\.\d/.exec(start.toString('latin1'))?.[1];
      if (!loader) return undefined;
      return loader === 'ld-musl' ? 'musl' : 'glibc';
    } finally {
      fs.closeSync(program);
    }
  } catch {
    return undefined;
  }
}

/** The version of glibc by Node's report; undefined with musl, and in runtimes that make no report. */
function glibcOfReport(): string | undefined {
  const { report } = process as { report?: NodeJS.ProcessReport & { excludeNetwork?: boolean } };
  if (!report) return undefined;
  const { excludeNetwork } = report;
  // Else it looks up the names of all hosts that there are connections to, which takes seconds.
  report.excludeNetwork = true;
  try {
    const { header } = report.getReport() as unknown as { header?: { glibcVersionRuntime?: string } };
    return header?.glibcVersionRuntime;
  } finally {
    report.excludeNetwork = excludeNetwork;
  }
}
