import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

const programs = ['munged', 'mungekey', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scancel', 'scontrol'];

/** Why there is no Slurm here; `undefined` where there is. */
export const slurmIsMissing: string | undefined =
  process.getuid?.() !== 0
    ? 'it starts jobs as root'
    : programs.some((program) => spawnSync('which', [program]).status !== 0)
      ? "Debian's packages slurm-wlm and munge are not installed"
      : undefined;

/** A Slurm of one node on this machine, with configuration, key, ports and state of its own. */
export class SlurmCluster {
  private readonly daemons: ChildProcess[] = [];
  readonly environment: NodeJS.ProcessEnv;

  private constructor(private readonly folder: string) {
    this.environment = { ...process.env, SLURM_CONF: this.file('slurm.conf') };
  }

  static async started(): Promise<SlurmCluster> {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'gdws-slurm-'));
    // munged wants everybody to reach its socket.
    fs.chmodSync(folder, 0o755);
    const cluster = new SlurmCluster(folder);
    try {
      await cluster.start();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  private async start(): Promise<void> {
    const node = os.hostname().split('.')[0]!;
    const [controller, daemon] = [await freePort(), await freePort()];
    for (const name of ['state', 'spool']) fs.mkdirSync(this.file(name));
    const configuration = {
      ...{ ClusterName: 'gdws', SlurmctldHost: `${node}(127.0.0.1)`, SlurmctldPort: controller, SlurmdPort: daemon },
      // A job that is requeued waits until its old credential has expired.
      ...{ AuthType: 'auth/munge', AuthInfo: `socket=${this.file('munge.socket')},cred_expire=5` },
      ...{ SlurmUser: 'root', SlurmdUser: 'root', StateSaveLocation: this.file('state') },
      ...{ SlurmdSpoolDir: this.file('spool'), SlurmctldPidFile: this.file('slurmctld.pid') },
      ...{ SlurmdPidFile: this.file('slurmd.pid'), ProctrackType: 'proctrack/linuxproc', TaskPlugin: 'task/none' },
      ...{ SelectType: 'select/cons_tres', SelectTypeParameters: 'CR_Core', MpiDefault: 'none', ReturnToService: 2 },
      ...{ AccountingStorageType: 'accounting_storage/none', JobAcctGatherType: 'jobacct_gather/none', KillWait: 1 },
      // Two tasks at once, whatever the machine has.
      ...{ SlurmdParameters: 'config_overrides' },
    };
    const lines = Object.entries(configuration).map(([name, value]) => `${name}=${value}`);
    lines.push(`NodeName=${node} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN`);
    lines.push(`PartitionName=test Nodes=${node} Default=YES MaxTime=INFINITE State=UP`);
    fs.writeFileSync(this.file('slurm.conf'), `${lines.join('\n')}\n`);
    execFileSync('mungekey', ['--create', `--keyfile=${this.file('munge.key')}`]);
    const munge = { key: 'key-file', socket: 'socket', pid: 'pid-file', log: 'log-file', seed: 'seed-file' };
    this.daemon('munged', [
      ...['--foreground', '--num-threads=2'],
      ...Object.entries(munge).map(([name, option]) => `--${option}=${this.file(`munge.${name}`)}`),
    ]);
    await this.comes('munged', () => fs.existsSync(this.file('munge.socket')));
    this.daemon('slurmctld', ['-D']);
    this.daemon('slurmd', ['-D', '-N', node]);
    await this.comes('slurmd', () => this.tryRun('sinfo', '--noheader', '--format=%t').stdout.trim() === 'idle');
  }

  /** Runs a client; its output. */
  run(program: string, ...args: readonly string[]): string {
    const { status, stdout, stderr } = this.tryRun(program, ...args);
    if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
    return stdout.trim();
  }

  /** Waits until no job is left. */
  async drained(): Promise<void> {
    await until('the end of all jobs', () => this.run('squeue', '--noheader') === '');
  }

  /** Cancels all jobs, ends all processes, and removes the folder. */
  async stop(): Promise<void> {
    if (this.tryRun('squeue', '--noheader').stdout !== '') {
      this.tryRun('scancel', '--full', '--signal=KILL', '--user=root');
      this.tryRun('scancel', '--user=root');
      await this.drained();
    }
    for (const daemon of this.daemons.reverse()) {
      if (daemon.exitCode !== null || daemon.signalCode !== null) continue;
      const end = new Promise((resolve) => daemon.once('exit', resolve));
      daemon.kill('SIGTERM');
      if ((await Promise.race([end.then(() => true), setTimeout(10_000, false, { ref: false })])) === false)
        daemon.kill('SIGKILL');
      await end;
    }
    fs.rmSync(this.folder, { recursive: true });
  }

  private file(name: string): string {
    return path.join(this.folder, name);
  }

  private tryRun(program: string, ...args: readonly string[]) {
    return spawnSync(program, args, { env: this.environment, encoding: 'utf8', cwd: this.folder });
  }

  /** Waits for what a daemon does when it has started. */
  private async comes(program: string, isThere: () => boolean): Promise<void> {
    await until(program, () => {
      const ended = this.daemons.find(({ exitCode }) => exitCode !== null);
      if (ended)
        throw new Error(`${ended.spawnfile} ended: ${fs.readFileSync(this.file(`${ended.spawnfile}.out`), 'utf8')}`);
      return isThere();
    });
  }

  private daemon(program: string, args: readonly string[]): void {
    const log = fs.openSync(this.file(`${program}.out`), 'w');
    this.daemons.push(spawn(program, args, { env: this.environment, stdio: ['ignore', log, log], cwd: this.folder }));
    fs.closeSync(log);
  }
}

/** Waits for something, which must come within two minutes. */
export async function until(what: string, isThere: () => boolean): Promise<void> {
  const end = Date.now() + 120_000;
  while (!isThere()) {
    if (Date.now() > end) throw new Error(`${what} did not come`);
    await setTimeout(50);
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
