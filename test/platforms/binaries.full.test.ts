import { existsSync } from 'node:fs';
import path from 'node:path';
import { isInstalled, run } from '../native/program';
import { builtFolder } from './emulators';

// The addons that `npm run build:platforms` built: what they need of a system, and what they show to it. Those
// that are not built are skipped.

const fileOf = (name: string) => path.join(builtFolder(name), 'gdws.node');

function describeBuilt(title: string, names: readonly string[], tool: string, tests: (name: string) => void) {
  for (const name of names) {
    const isThere = existsSync(fileOf(name)) && isInstalled(tool);
    if (!isThere) console.warn(`Skipped, since it is not built or ${tool} is missing: ${name}, ${title}.`);
    (isThere ? describe : describe.skip)(`${name}: ${title}`, () => tests(name));
  }
}

const linux = ['linux-x64', 'linux-arm64', 'linuxmusl-x64', 'linuxmusl-arm64'];
const windows = ['win32-x64', 'win32-arm64'];
const macos = ['darwin-x64', 'darwin-arm64'];

/** What Node looks for in an addon, and all that an addon shows. */
const entryPoints = ['napi_register_module_v1', 'node_api_module_get_api_version_v1'];

/** The names in a table of dynamic symbols, as readelf prints it, without versions. */
function dynamicSymbols(name: string) {
  const lines = run(['readelf', '--dyn-syms', '--wide', fileOf(name)]).split('\n');
  return lines.flatMap((line) => {
    const [number, , , type, bind, , section, symbol] = line.trim().split(/\s+/);
    return symbol && /^\d+:$/.test(number!) ? [{ type, bind, isDefined: section !== 'UND', symbol }] : [];
  });
}

describeBuilt('libraries and symbols', linux, 'readelf', (name) => {
  const isMusl = name.includes('musl');

  it('needs the C library only', () => {
    const needed = [...run(['readelf', '--dynamic', '--wide', fileOf(name)]).matchAll(/\(NEEDED\).*\[(.+)\]/g)];
    const allowed = isMusl
      ? /^libc\.so$/
      : /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|librt\.so\.1|ld-linux-(x86-64\.so\.2|aarch64\.so\.1))$/;
    expect(needed.length).toBeGreaterThan(0);
    expect(needed.map(([, library]) => library).filter((library) => !allowed.test(library!))).toEqual([]);
  });

  it('takes no symbol that is newer than glibc 2.28, and no other versions', () => {
    const versions = [...run(['readelf', '--version-info', '--wide', fileOf(name)]).matchAll(/Name: (\S+)/g)];
    const tooNew = versions
      .map(([, version]) => version!)
      .filter((version) => {
        const [, major, minor] = /^GLIBC_(\d+)\.(\d+)/.exec(version) ?? [];
        return !(Number(major) === 2 && Number(minor) <= 28);
      });
    expect(tooNew).toEqual([]);
    expect(versions.length > 0).toBe(!isMusl);
  });

  it('takes only functions of Node-API and of the C library', () => {
    const foreign = dynamicSymbols(name).filter(
      ({ isDefined, symbol }) => !isDefined && /^(_Z|__cpu_|GOMP_|omp_)/.test(symbol),
    );
    expect(foreign).toEqual([]);
  });

  it('shows the entry points of Node-API only', () => {
    const shown = dynamicSymbols(name).filter(({ isDefined, bind }) => isDefined && bind !== 'LOCAL');
    expect(shown.map(({ symbol }) => symbol).sort()).toEqual(entryPoints);
  });

  it('stays loaded when the worker that loaded it ends', () => {
    expect(run(['readelf', '--dynamic', '--wide', fileOf(name)])).toMatch(/NODELETE/);
  });
});

describeBuilt('libraries and symbols', windows, 'llvm-objdump', (name) => {
  it('needs libraries of Windows only', () => {
    const text = run(['llvm-objdump', '--private-headers', fileOf(name)]);
    const needed = [...text.matchAll(/DLL Name: (\S+)/g)].map(([, library]) => library!.toLowerCase());
    const allowed = /^(kernel32|ntdll|advapi32|api-ms-win-[a-z0-9-]+)\.dll$/;
    expect(needed).toContain('kernel32.dll');
    expect(needed.filter((library) => !allowed.test(library))).toEqual([]);
  });

  it('shows the entry points of Node-API, and what LLVM exports of its unwinder', () => {
    const text = run(['llvm-readobj', '--coff-exports', fileOf(name)]);
    const shown = [...text.matchAll(/Name: (\S+)/g)].map(([, symbol]) => symbol!);
    // Nobody takes these by accident: on Windows a symbol belongs to a library.
    const ofUnwinder = /^(_Unwind_|unw_|_GCC_specific_handler$)/;
    expect(shown.filter((symbol) => !ofUnwinder.test(symbol)).sort()).toEqual(entryPoints);
  });
});

describeBuilt('libraries and symbols', macos, 'llvm-objdump', (name) => {
  it('needs the system library only, of macOS 11', () => {
    const [, , ...needed] = run(['llvm-objdump', '--macho', '--dylibs-used', fileOf(name)])
      .trim()
      .split('\n');
    expect(needed.map((line) => line.trim().split(' ')[0])).toEqual(['/usr/lib/libSystem.B.dylib']);
    expect(run(['llvm-objdump', '--macho', '--private-headers', fileOf(name)])).toMatch(/^\s*minos 11\.0$/m);
  });

  it('shows the entry points of Node-API, and what libc++ exports to be replaced', () => {
    const text = run(['llvm-objdump', '--macho', '--exports-trie', fileOf(name)]);
    const shown = [...text.matchAll(/^0x[0-9A-F]+ +(\S+)/gm)].map(([, symbol]) => symbol!);
    // Operators new and delete, which are weak: the loader binds all libraries to those of the system, which came first.
    const isOperator = (symbol: string) => /^__Z(n[aw]|d[al])/.test(symbol);
    const others = shown.filter((symbol) => !isOperator(symbol) && symbol !== '__mh_dylib_header');
    expect(others.sort()).toEqual(['___dso_handle', ...entryPoints.map((symbol) => `_${symbol}`)].sort());
    const weak = [...text.matchAll(/^0x[0-9A-F]+ +(\S+) \[weak_def\]$/gm)].map(([, symbol]) => symbol);
    expect(weak).toEqual(shown.filter(isOperator));
  });
});
