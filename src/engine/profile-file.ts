import { existsSync } from 'node:fs';
import { threadId } from 'node:worker_threads';
import type { NativeProgram } from '../addon/native';
import { writeWholeSync } from '../onnx/whole-file';
import type { CompiledGraph } from './compile';

/** An event of Chrome's trace format that has a beginning and a duration, with the fields that onnxruntime gives it. */
interface TraceEvent {
  readonly cat: 'Session' | 'Node';
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly dur: number;
  /** Microseconds since the profile began. */
  readonly ts: number;
  readonly ph: 'X';
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** As in onnxruntime; later events are dropped. */
const maxEvents = 1_000_000;

/**
 * What a session did, in a file of Chrome's trace format, as onnxruntime writes it: loading, initialization, runs, and in each run
 * every operation, under the name of the node that it computes.
 *
 * @see https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
 */
export class ProfileFile {
  private readonly events: TraceEvent[] = [];
  private readonly begin = performance.now();
  private readonly time = Date.now();
  private readonly nodes = new WeakMap<NativeProgram, Pick<TraceEvent, 'name' | 'args'>[]>();

  constructor(private readonly prefix: string) {}

  /** Adds what the session did from a time of `performance.now()` until now. */
  add(name: string, from: number): void {
    this.push('Session', name, from, performance.now() - from);
  }

  /** Adds a run that ends now, with the operations of all runs of its program that have ended. */
  addRun(program: CompiledGraph, from: number): void {
    const nodes = this.nodesOf(program);
    const timelines = program.native.takeTimelines();
    const now = performance.now();
    for (const ages of timelines) {
      const times = Array.from(ages, (age) => now - age / 1e6);
      // Of a profile before this one, which ended during the run.
      if (times[0]! < this.begin) continue;
      for (let step = 1; step < times.length; ++step) {
        const { name, args } = nodes[step - 1]!;
        this.push('Node', name, times[step - 1]!, times[step]! - times[step - 1]!, args);
      }
      this.push('Session', 'SequentialExecutor::Execute', times[0]!, times.at(-1)! - times[0]!);
    }
    this.add('model_run', from);
  }

  /**
   * Writes the file `<prefix>_<date>.json`; another one of that name is left, and the date is a little later.
   *
   * @throws GdwsError OUTPUT_UNWRITABLE
   */
  write(): void {
    const lines = this.events.map((event) => JSON.stringify(event));
    const fileAt = (time: number) => `${this.prefix}_${fileDate(new Date(time))}.json`;
    let time = this.time;
    while (existsSync(fileAt(time))) ++time;
    writeWholeSync(fileAt(time), `[\n${lines.join(',\n')}\n]\n`);
  }

  /** The name and what else is known of each operation that a timeline of the program has. */
  private nodesOf({ native, operations }: CompiledGraph): Pick<TraceEvent, 'name' | 'args'>[] {
    let nodes = this.nodes.get(native);
    if (!nodes) {
      nodes = native.profile().map(({ operation, kernel }, index) => {
        const { node, operator, shape } = operations[operation]!;
        const provider = 'CPUExecutionProvider';
        return {
          name: `${node}_kernel_time`,
          args: { op_name: operator, node_index: String(index), provider, kernel, output_shape: shape },
        };
      });
      this.nodes.set(native, nodes);
    }
    return nodes;
  }

  /** @param from milliseconds of `performance.now()`, as the duration */
  private push(cat: TraceEvent['cat'], name: string, from: number, duration: number, args: TraceEvent['args'] = {}) {
    if (this.events.length >= maxEvents) return;
    const ts = microseconds(from - this.begin);
    this.events.push({ cat, pid: process.pid, tid: threadId, dur: microseconds(duration), ts, ph: 'X', name, args });
  }
}

function microseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6) / 1e3;
}

/** Local time, as `2026-01-31_09-05-00_042`. */
function fileDate(date: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join('-');
  return `${day}_${time}_${String(date.getMilliseconds()).padStart(3, '0')}`;
}
