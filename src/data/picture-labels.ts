import path from 'node:path';
import { GdwsError } from '../base/errors';
import { readText } from './read-file';
import { isSynset, Synsets } from './synsets';

/** A label as it is written: a number or a synset. */
type Written = string;

/**
 * A file of labels of pictures that lie in one folder, in one of these forms:
 *
 * - a label a line, of the picture with that number in its name (ILSVRC2012_val_00000001.JPEG has the first): synsets, or the numbers
 *   from 1 on of ImageNet's development kit (ILSVRC2012_validation_ground_truth.txt), for which the kit's synsets are needed;
 * - lines of a file name and a label, between commas or spaces, with or without a head: synsets (LOC_val_solution.csv, of which
 *   the first label counts), or class numbers from 0 on.
 *
 * Synsets become their places among all synsets in ascending order.
 */
export class PictureLabels {
  private constructor(
    private readonly file: string,
    private readonly classes: readonly number[],
    /** Places among the classes by name without folder and extension; without, by number in the name. */
    private readonly places: ReadonlyMap<string, number> | undefined,
  ) {}

  /**
   * @param synsets a file of all synsets, as {@link Synsets} reads
   * @throws GdwsError DATA_UNREADABLE, ARGUMENT_INVALID
   */
  static async read(file: string, synsets?: string): Promise<PictureLabels> {
    const lines = (await readText(file)).split(/\r?\n/).map((line) => line.trim());
    while (lines.at(-1) === '') lines.pop();
    const known = synsets === undefined ? undefined : await Synsets.read(synsets);
    if (lines.length > 0 && lines.every(isLabel)) {
      return new PictureLabels(
        file,
        lines[0]!.startsWith('n') ? ofSynsets(lines, known, file) : ofKit(lines, known, file),
        undefined,
      );
    }
    const rows = lines.map((line) => /^"?([^",\s]+)"?[,\s]+"?([^",\s]+)/.exec(line)?.slice(1) ?? ['', '']);
    if (rows.length > 0 && !isLabel(rows[0]![1]!)) rows.shift();
    const wrong = rows.findIndex(([, label]) => !isLabel(label!));
    if (rows.length === 0 || wrong >= 0) {
      const place = rows.length === 0 ? 'it has no line' : `line ${lines.length - rows.length + wrong + 1} is none`;
      throw new GdwsError('DATA_UNREADABLE', `these are not labels of pictures: ${place}.`, {
        file,
        remedy: 'A line is a label, or a file name and a label; a label is a number or a synset.',
      });
    }
    const labels = rows.map(([, label]) => label!);
    const places = new Map(rows.map(([name], index) => [stem(name!), index]));
    return new PictureLabels(
      file,
      labels[0]!.startsWith('n') ? ofSynsets(labels, known, file) : labels.map(numberIn(file)),
      places,
    );
  }

  /** @throws GdwsError DATA_UNREADABLE for a picture that has none */
  of(picture: string): number {
    const name = stem(picture);
    const place = this.places ? this.places.get(name) : Number(/(\d+)$/.exec(name)?.[1] ?? NaN) - 1;
    const label = place === undefined ? undefined : this.classes[place];
    if (label !== undefined) return label;
    throw new GdwsError('DATA_UNREADABLE', `the picture has no label in ${this.file}.`, {
      file: picture,
      remedy: this.places ? undefined : 'The number at the end of its name is that of its line, from 1 on.',
    });
  }
}

function isLabel(text: string): boolean {
  return /^\d{1,6}$/.test(text) || isSynset(text);
}

function stem(name: string): string {
  const base = path.basename(name);
  return base.slice(0, base.length - path.extname(base).length);
}

function ofSynsets(labels: readonly Written[], known: Synsets | undefined, file: string): number[] {
  const synsets = known ?? Synsets.ofLabels(labels.filter(isSynset), file);
  return labels.map((label) => synsets.classOf(label, file));
}

function ofKit(labels: readonly Written[], known: Synsets | undefined, file: string): number[] {
  if (known) return labels.map((label) => known.classOfKitNumber(numberIn(file)(label), file));
  throw new GdwsError(
    'ARGUMENT_INVALID',
    "these numbers are in the order of ImageNet's development kit, which is not that of class numbers.",
    {
      file,
      remedy: "Name the kit's meta.mat: synsets in the API, --synsets on the command line.",
    },
  );
}

function numberIn(file: string): (label: Written) => number {
  return (label) => {
    if (/^\d+$/.test(label)) return Number(label);
    throw new GdwsError('DATA_UNREADABLE', `label '${label}' is no number, as others are.`, { file });
  };
}
