import type { NativeProgram, NativeSession } from '../addon/native';
import { describe } from '../measure';

/** Milliseconds of a program. */
export interface ProgramTime {
  /** Of each operation, by number; aliases have none. */
  readonly operations: ReadonlyMap<number, number>;
  /** Time of a run outside its operations. */
  readonly outside: number;
}

/** Milliseconds of a run: of all operations, and outside them. */
export function runTime({ operations, outside }: ProgramTime): number {
  return [...operations.values()].reduce((sum, time) => sum + time, outside);
}

/** Approximate milliseconds of all rounds of a program. */
const budget = 300;
const fewestRounds = 3;
const maxRounds = 30;

/** Consecutive runs of a program: the first ones are not counted, they bring its data into the caches. */
interface Turn {
  readonly settling: number;
  readonly counted: number;
}

/** Long runs hardly depend on the caches that another program left. */
function turnFor(milliseconds: number): Turn {
  if (milliseconds < 20) return { settling: 3, counted: 4 };
  return milliseconds < 300 ? { settling: 1, counted: 2 } : { settling: 0, counted: 1 };
}

/**
 * Times programs of one session in turn, operation by operation, so that other load of the machine affects all alike. A program
 * runs several times in its turn, of which the first runs do not count: a network in use has its weights in the caches.
 *
 * The time of an operation is the median of its times, and that of a run the sum of them. On a machine with other load, some runs
 * wait for a processor in any of their operations: that affects the medians of operations less than the median of runs.
 *
 * @param run runs a program once
 */
export async function timePrograms(
  session: NativeSession,
  programs: readonly NativeProgram[],
  run: (program: NativeProgram) => Promise<void>,
): Promise<ProgramTime[]> {
  /** Milliseconds of several runs. */
  const repeat = async (program: NativeProgram, runs: number): Promise<number> => {
    const begin = performance.now();
    for (let i = 0; i < runs; ++i) await run(program);
    return performance.now() - begin;
  };
  let [slowest, sum] = [0, 0];
  for (const program of programs) {
    // The first run is slowed by page faults and sleeping threads.
    const first = await repeat(program, 1);
    const time = turnFor(first).settling === 0 ? first : await repeat(program, 1);
    slowest = Math.max(slowest, time);
    sum += time;
  }
  const { settling, counted } = turnFor(slowest);
  const wanted = (budget * programs.length) / ((settling + counted) * sum);
  const rounds = Math.max(fewestRounds, Math.min(maxRounds, Math.ceil(wanted)));

  const samples = programs.map(() => new Samples());
  session.setProfiling(true);
  try {
    for (let i = 0; i < rounds; ++i) {
      for (const [index, program] of programs.entries()) {
        await repeat(program, settling);
        const before = profileOf(program);
        const time = await repeat(program, counted);
        samples[index]!.add(time / counted, counted, before, profileOf(program));
      }
    }
  } finally {
    session.setProfiling(false);
  }
  return samples.map((sample) => sample.time());
}

/** Times of the counted runs of one program. */
class Samples {
  private readonly operations = new Map<number, number[]>();
  private readonly outside: number[] = [];

  /**
   * @param time of a run
   * @param runs how many of them are between the profiles
   */
  add(time: number, runs: number, before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): void {
    let outside = time;
    for (const [operation, total] of after) {
      const ofRun = (total - (before.get(operation) ?? 0)) / runs;
      const times = this.operations.get(operation);
      if (times) times.push(ofRun);
      else this.operations.set(operation, [ofRun]);
      outside -= ofRun;
    }
    this.outside.push(outside);
  }

  time(): ProgramTime {
    const typical = (times: number[]) => describe(times).median;
    return {
      operations: new Map([...this.operations].map(([operation, times]) => [operation, typical(times)])),
      outside: typical(this.outside),
    };
  }
}

function profileOf(program: NativeProgram): Map<number, number> {
  return new Map(program.profile().map(({ operation, milliseconds }) => [operation, milliseconds]));
}
