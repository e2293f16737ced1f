import { execFileSync } from 'node:child_process';
import { libcFamily, libcOfProcess } from '../../src/addon/libc';

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('the C library is the one that the system names', () => {
  // musl's ldd has no --version: it complains, with its name.
  const said = execFileSync('sh', ['-c', 'ldd --version 2>&1 || true'], { encoding: 'utf8' });
  const family = said.includes('musl') ? 'musl' : 'glibc';
  expect(libcFamily()).toBe(family);
  expect(libcOfProcess()).toEqual({
    family,
    version: family === 'glibc' ? /\d+\.\d+/.exec(said.split('\n')[0]!.split(' ').at(-1)!)![0] : undefined,
  });
});

onLinux('where the program names no loader, the report decides', () => {
  const { execPath } = process;
  try {
    process.execPath = __filename;
    expect(libcFamily()).toBeUndefined();
    const known = libcOfProcess();
    process.execPath = execPath;
    expect(known).toEqual(libcOfProcess());
  } finally {
    process.execPath = execPath;
  }
});

onLinux('the report is made without looking up names, and the setting of the user stays', () => {
  const report = process.report as unknown as { excludeNetwork?: boolean; getReport: () => unknown };
  const before = report.excludeNetwork;
  const { getReport } = report;
  let during: boolean | undefined;
  report.getReport = () => {
    during = report.excludeNetwork;
    return { header: { glibcVersionRuntime: '2.28' } };
  };
  try {
    expect(libcOfProcess()).toEqual({ family: libcFamily(), version: '2.28' });
  } finally {
    report.getReport = getReport;
  }
  expect(during).toBe(true);
  expect(report.excludeNetwork).toBe(before);
});
