import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { bundled, gdws } from '../cli/command';
import { timeless } from '../cli/timeless';
import { temporaryFolder } from '../onnx/temporary-folder';
import { pack, root } from '../package/npm';

const isRoot = process.getuid?.() === 0;
const tools = ['buildah', 'unshare', 'setpriv', 'ldd'];
const missing = isRoot ? tools.filter((tool) => spawnSync('which', [tool]).status !== 0) : ['root'];
if (missing.length > 0) console.warn(`The image is not built: ${missing.join(', ')} not there.`);

/** What the image of Node has, as far as it is needed, with the files of this machine: registries of images are not asked. */
function makeNodeRoot(folder: string): void {
  const programs = ['sh', 'env', 'cat', 'sleep', 'touch', 'setpriv'].map((name) => `/usr/bin/${name}`);
  const copy = (file: string) => {
    const to = path.join(folder, file);
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.cpSync(fs.realpathSync(file), to, { recursive: true });
  };
  const node = fs.realpathSync(process.execPath);
  // That of a checkout needs the compiler's OpenMP; those that are published do not.
  const addon = path.join(root, 'build/Release/gdws.node');
  const printed = execFileSync('ldd', [node, addon, ...programs], { encoding: 'utf8' });
  const libraries = new Set([...printed.matchAll(/(\/[\w./+-]+\.so[\w.]*)/g)].map(([, library]) => library!));
  // A part of glibc that sharp's library needs.
  const libc = [...libraries].find((library) => path.basename(library) === 'libc.so.6')!;
  for (const file of [...programs, ...libraries, path.join(path.dirname(libc), 'libresolv.so.2')]) copy(file);
  fs.cpSync(node, path.join(folder, 'usr/bin/node'));
  const npm = execFileSync('npm', ['root', '--global'], { encoding: 'utf8' }).trim();
  fs.cpSync(path.join(npm, 'npm'), path.join(folder, 'usr/lib/node_modules/npm'), { recursive: true });
  fs.symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', path.join(folder, 'usr/bin/npm'));
  fs.symlinkSync('usr/bin', path.join(folder, 'bin'));
  fs.mkdirSync(path.join(folder, 'tmp'), { mode: 0o777 });
  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  if (certificates) copy(certificates);
}

(missing.length > 0 ? describe.skip : describe)('the image', () => {
  const folder = temporaryFolder();
  const storage = [
    ...['--storage-driver', 'vfs'],
    ...['--root', folder.file('images')],
    ...['--runroot', folder.file('run')],
  ];
  const buildah = (...args: readonly string[]): string =>
    execFileSync('buildah', [...storage, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  let image: string;
  let configuration: {
    User: string;
    Env: string[];
    Entrypoint: string[];
    Cmd: string[];
    StopSignal: string;
    ExposedPorts: object;
  };

  beforeAll(() => {
    makeNodeRoot(folder.file('node/files'));
    const certificates = process.env.NODE_EXTRA_CA_CERTS;
    fs.writeFileSync(
      folder.file('node/Containerfile'),
      ['FROM scratch', 'COPY files /', ...(certificates ? [`ENV NODE_EXTRA_CA_CERTS=${certificates}`] : []), ''].join(
        '\n',
      ),
    );
    const building = ['bud', '--isolation', 'chroot', '--quiet'];
    buildah(...building, '--tag', 'localhost/node', folder.file('node'));
    pack(folder.file('context/build/packages'));
    fs.cpSync(path.join(root, 'deploy'), folder.file('context/deploy'), { recursive: true });
    const containerfile = folder.file('context/deploy/Containerfile');
    buildah(
      ...building,
      '--build-arg',
      'NODE=localhost/node',
      '--file',
      containerfile,
      '--tag',
      'localhost/gdws',
      folder.file('context'),
    );
    const container = buildah('from', '--pull-never', 'localhost/gdws');
    image = buildah('mount', container);
    const inspected = JSON.parse(buildah('inspect', '--type', 'image', 'localhost/gdws')) as {
      OCIv1: { config: typeof configuration };
    };
    configuration = inspected.OCIv1.config;
    for (const place of ['mnt/models', 'mnt/results', 'proc', 'dev'])
      fs.mkdirSync(path.join(image, place), { recursive: true });
  }, 600_000);
  afterAll(() => void buildah('rm', '--all'), 120_000);

  /** Runs a command in the image as the Deployment does: as its user, without rights, on a read-only root with a /tmp. */
  function inImage(...command: readonly string[]) {
    const results = folder.file('results');
    const [user, group] = configuration.User.split(':') as [string, string];
    fs.mkdirSync(results, { recursive: true });
    fs.chownSync(results, Number(user), Number(group));
    const rights = ['--clear-groups', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all'];
    const script = `
      mount --bind "$IMAGE" "$IMAGE"
      mount --rbind /dev "$IMAGE/dev"
      mount -t proc proc "$IMAGE/proc"
      mount --bind "$MODELS" "$IMAGE/mnt/models"
      mount -o remount,ro,bind "$IMAGE/mnt/models"
      mount --bind "$RESULTS" "$IMAGE/mnt/results"
      mount -t tmpfs -o mode=1777 tmpfs "$IMAGE/tmp"
      mount -o remount,ro,bind "$IMAGE"
      exec chroot "$IMAGE" "$@"`;
    const privileges = ['/usr/bin/setpriv', '--reuid', user, '--regid', group, ...rights];
    return spawnSync(
      'unshare',
      [
        ...['--mount', '--pid', '--fork', 'bash', '-euc', script, 'bash'],
        ...[...privileges, '/usr/bin/env', '-i', '-C', '/tmp', ...configuration.Env, ...command],
      ],
      {
        encoding: 'utf8',
        env: { ...process.env, IMAGE: image, MODELS: path.dirname(bundled), RESULTS: results },
      },
    );
  }

  test('it is configured to serve /mnt/models as a user without rights', () => {
    expect(configuration).toMatchObject({
      ...{
        User: '65532:65532',
        Entrypoint: ['node', '--single-threaded-gc', '/opt/gdws/node_modules/gdws/dist/cli/main.js'],
        StopSignal: 'SIGTERM',
      },
      ...{ ExposedPorts: { '8080/tcp': {}, '9000/tcp': {} } },
    });
    expect(configuration.Cmd.slice(0, 2)).toEqual(['serve', '/mnt/models']);
  });

  test('its root cannot be written to, /tmp can', () => {
    const { stdout } = inImage(
      'sh',
      '-c',
      'touch /opt/gdws/x /etc/x /mnt/models/x 2>&1; touch /tmp/x && cat /proc/self/status',
    );
    expect(stdout.match(/Read-only file system/g)).toHaveLength(3);
    expect(stdout).toMatch(/^Uid:\t65532\t65532\t65532\t65532$/m);
    expect(stdout).toMatch(/^CapEff:\t0+$/m);
    expect(stdout).toMatch(/^NoNewPrivs:\t1$/m);
  });

  test('it evaluates a shard there, which is merged outside', async () => {
    const data = [
      '--data',
      '/mnt/models/mnist-test-images-idx3-ubyte',
      '--count',
      '64',
      '--threads',
      '1',
      '--attack',
      'pgd',
      '--eps',
      '0.3',
      '--steps',
      '2',
    ];
    const shard = ['--shard', '1/1', '--json', '/mnt/results/part.json'];
    const { status, stderr } = inImage('gdws', 'evaluate', '/mnt/models/robust-mnist.onnx', ...data, ...shard);
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'wrote /mnt/results/part.json: images 1 to 64 of 64\n' });
    const outside = data.map((word) => word.replace('/mnt/models', path.dirname(bundled)));
    const whole = await gdws(['evaluate', bundled, ...outside, '--json'], { cwd: folder.path });
    const merged = await gdws(['evaluate', '--merge', folder.file('results/part.json'), '--json'], {
      cwd: folder.path,
    });
    expect(timeless(merged.stdout.replaceAll('/mnt/models/robust-mnist.onnx', bundled))).toBe(timeless(whole.stdout));
  });

  test('the packages of the server are there', () => {
    const names = fs.readFileSync(path.join(root, 'deploy/server-packages.txt'), 'utf8').trim().split('\n');
    const modules = names.map((name) => name.replace(/@[\d.]+$/, ''));
    const loaded = inImage(
      'node',
      '-e',
      `for (const name of ${JSON.stringify(modules)}) require(require.resolve(name, { paths: ['/opt/gdws'] }))`,
    );
    expect({ status: loaded.status, stderr: loaded.stderr }).toEqual({ status: 0, stderr: '' });
  });
});
