import fs, { type FileHandle } from 'node:fs/promises';
import { GdwsError } from '../../base/errors';
import { checkOptions, object, required, text } from '../../base/options';
import { writeWhole } from '../../onnx/whole-file';
import { checkOutcomes, type Outcomes } from './outcomes';
import { sealed, unsealed } from './sealed';
import { checkShard, imagesOfShard } from './shard';
import { checkSameEvaluation, type ShardOrigin } from './shard-file';

const format = 'gdws evaluation progress 1';

/**
 * The groups of images of a shard that are finished, in a file: a line that says of which evaluation, then a line for each group. Lines
 * are appended, and on the disk before the next group begins. What is not whole at its end, as after a kill or a power cut, is dropped.
 */
export class ProgressFile {
  private constructor(
    readonly file: string,
    /** Outcomes of the groups in the file, when it was opened. */
    readonly finished: readonly Outcomes[],
    private readonly handle: FileHandle,
  ) {}

  /** @throws {GdwsError} DATA_UNREADABLE, OUTPUT_UNWRITABLE; ARGUMENT_INVALID for a file of another evaluation or shard */
  static async open(file: string, origin: ShardOrigin): Promise<ProgressFile> {
    const present = await readIfThere(file);
    // What follows the last end of a line was cut.
    const [head, ...lines] = present.split('\n').slice(0, -1);
    const finished: Outcomes[] = [];
    if (present !== '') checkHead(file, head ?? present, origin);
    let next = imagesOfShard(origin.shard, origin.conditions.data.images, origin.conditions.batch).begin;
    for (const line of lines) {
      const outcomes = outcomesIn(file, line);
      if (!outcomes || outcomes.first > next) break;
      // Two processes at the same shard write the same twice.
      if (outcomes.first < next) continue;
      finished.push(outcomes);
      next += outcomes.images;
    }
    const { shard, conditions } = origin;
    const whole = [sealed({ format, shard, conditions }), ...finished.map(sealed)].join('');
    if (present !== whole) await writeWhole(file, whole);
    try {
      return new ProgressFile(file, finished, await fs.open(file, 'a'));
    } catch (cause) {
      throw unwritable(file, cause);
    }
  }

  /** @throws {GdwsError} OUTPUT_UNWRITABLE */
  async append(outcomes: Outcomes): Promise<void> {
    try {
      await this.handle.appendFile(sealed(outcomes));
      await this.handle.datasync();
    } catch (cause) {
      throw unwritable(this.file, cause);
    }
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await fs.readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new GdwsError('DATA_UNREADABLE', `the file cannot be read: ${(cause as Error).message}.`, { file, cause });
  }
}

function checkHead(file: string, line: string, origin: ShardOrigin): void {
  const head = unsealed(line) as (ShardOrigin & { format: unknown }) | null | undefined;
  if (head?.format !== format) throw unreadable(file);
  try {
    checkOptions(head, { format: required(text), shard: required(object), conditions: required(object) });
    checkShard(head.shard);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  checkSameEvaluation(file, head, 'what is asked for', origin, 'Or remove this file, to begin anew.');
  if (head.shard.number === origin.shard.number) return;
  throw new GdwsError('ARGUMENT_INVALID', `this is the progress of shard ${head.shard.number}.`, {
    file,
    remedy: 'Give each shard a file of its own.',
  });
}

function outcomesIn(file: string, line: string): Outcomes | undefined {
  const outcomes = unsealed(line) as Outcomes | undefined;
  if (outcomes === undefined) return undefined;
  try {
    checkOutcomes(outcomes);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  return outcomes;
}

function unreadable(file: string, cause?: unknown): GdwsError {
  return new GdwsError('DATA_UNREADABLE', 'this is no progress of an evaluation, or was changed.', {
    file,
    remedy: 'Remove it: the shard is then evaluated from its beginning.',
    cause,
  });
}

function unwritable(file: string, cause: unknown): GdwsError {
  return new GdwsError('OUTPUT_UNWRITABLE', `the progress cannot be kept: ${(cause as Error).message}.`, {
    file,
    cause,
  });
}
