import path from 'node:path';
import { GdwsError } from '../base/errors';
import { decodeMatlab } from './matlab';
import { readBytes, readText } from './read-file';

/** An identifier of WordNet, as ImageNet names its classes: n01440764. */
const pattern = /^n\d{8}$/;

export function isSynset(text: string): boolean {
  return pattern.test(text);
}

/** The classes of ImageNet. A class has the place of its synset in ascending order: torchvision, timm and Keras number them so. */
export class Synsets {
  private readonly places: ReadonlyMap<string, number>;

  private constructor(
    private readonly file: string,
    /** In the order of the file. */
    private readonly listed: readonly string[],
  ) {
    this.places = new Map([...listed].sort().map((synset, place) => [synset, place]));
    if (listed.length === 0 || this.places.size !== listed.length) {
      throw new GdwsError('DATA_UNREADABLE', 'the file does not name each synset once.', { file });
    }
  }

  /**
   * Those of a file: meta.mat of ImageNet's development kit, or text with a synset at the beginning of each line.
   *
   * @throws GdwsError DATA_UNREADABLE
   */
  static async read(file: string): Promise<Synsets> {
    return new Synsets(file, path.extname(file).toLowerCase() === '.mat' ? await ofKit(file) : await ofText(file));
  }

  /** Those that a list of labels names: all of ImageNet's thousand, or their places would not be known. */
  static ofLabels(labels: readonly string[], file: string): Synsets {
    const named = [...new Set(labels)];
    if (named.length === imagenetClasses) return new Synsets(file, named);
    throw new GdwsError(
      'ARGUMENT_INVALID',
      `the labels name ${named.length} synsets, not all ${imagenetClasses}: their class numbers are not known.`,
      {
        file,
        remedy: 'Name a file of all synsets: synsets in the API, --synsets on the command line.',
      },
    );
  }

  /** In ascending order, that of class numbers. */
  get sorted(): readonly string[] {
    return [...this.places.keys()];
  }

  /** @throws GdwsError DATA_UNREADABLE for a synset that is not among them */
  classOf(synset: string, file: string): number {
    const place = this.places.get(synset);
    if (place !== undefined) return place;
    throw new GdwsError('DATA_UNREADABLE', `'${synset}' is not among the synsets of ${this.file}.`, { file });
  }

  /**
   * The class of a number, from 1 on, in the order of the development kit.
   *
   * @throws GdwsError DATA_UNREADABLE for a number that they do not have; ARGUMENT_INVALID where the file is in another order
   */
  classOfKitNumber(number: number, file: string): number {
    if (this.listed.every((synset, index) => index === 0 || this.listed[index - 1]! < synset)) {
      throw new GdwsError(
        'ARGUMENT_INVALID',
        'the synsets are in ascending order, not in that of the development kit.',
        {
          file: this.file,
          remedy: "Give the kit's meta.mat, or its list.",
        },
      );
    }
    const synset = this.listed[number - 1];
    if (synset !== undefined) return this.places.get(synset)!;
    throw new GdwsError(
      'DATA_UNREADABLE',
      `label ${number} is not one of the kit's numbers, 1 to ${this.listed.length}.`,
      { file },
    );
  }
}

const imagenetClasses = 1000;

async function ofText(file: string): Promise<string[]> {
  const lines = (await readText(file)).split(/\r?\n/);
  return lines
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const first = /^[^\s,]*/.exec(line.trim())![0];
      if (isSynset(first)) return first;
      throw new GdwsError('DATA_UNREADABLE', `a line begins with '${first.slice(0, 20)}', not with a synset.`, {
        file,
        remedy: 'They look like n01440764.',
      });
    });
}

/** The kit's structures `synsets`: those without children are the classes, with their numbers. */
async function ofKit(file: string): Promise<string[]> {
  const table = (await decodeMatlab(await readBytes(file), file)).get('synsets');
  const unfit = () =>
    new GdwsError('DATA_UNREADABLE', "this is not the kit's table of synsets.", {
      file,
      remedy: "Give meta.mat of ImageNet's development kit (ILSVRC2012_devkit_t12/data).",
    });
  if (table?.kind !== 'struct') throw unfit();
  const numbered = table.elements.flatMap((element): [number, string][] => {
    const number = (name: string) => {
      const value = element.get(name);
      return value?.kind === 'numbers' && value.data.length === 1 ? Number(value.data[0]) : NaN;
    };
    const [id, children, synset] = [number('ILSVRC2012_ID'), number('num_children'), element.get('WNID')];
    if (!(id >= 1) || !(children >= 0) || synset?.kind !== 'text' || !isSynset(synset.text)) throw unfit();
    return children === 0 ? [[id, synset.text]] : [];
  });
  numbered.sort(([a], [b]) => a - b);
  if (numbered.some(([id], index) => id !== index + 1)) throw unfit();
  return numbered.map(([, synset]) => synset);
}
