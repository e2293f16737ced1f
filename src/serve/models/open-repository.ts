import { GdwsError } from '../../base/errors';
import { longestTimer } from '../../base/longest-timer';
import { callback, checkOptions, number, object, oneOf, type OptionKind, type OptionTable } from '../../base/options';
import { FolderRepository, type Control } from './folder-repository';
import type { ModelConfig } from './model-config';
import type { IndexEntry, ModelRepository } from './model-repository';
import { checkConfig } from './read-config';
import { isModelName } from './scan-folder';

/** How {@link openRepository} serves a folder. */
export interface RepositoryOptions {
  /**
   * `poll`, the default: models are loaded, replaced and unloaded as the folder changes. `explicit`: by `load` and `unload`, none at first.
   * `none`: all that are there when it is opened.
   */
  readonly control?: Control;
  /** Makes the folder itself one model of this name: `model.onnx`, or `<version>/model.onnx`. */
  readonly name?: string;
  /** Milliseconds between two looks at the folder, where the system does not tell of changes. Default 5,000. */
  readonly interval?: number;
  /** Milliseconds for which files must have been as they are before they are loaded. Default 200. */
  readonly settle?: number;
  /** Milliseconds for which a version that was replaced takes requests of those who found it before. Default 2,000. */
  readonly grace?: number;
  /** Bytes of weights and working memory of all versions together. Default: no bound. */
  readonly memoryBytes?: number;
  /** For keys that a model's `config.json` does not have. */
  readonly defaults?: ModelConfig;
  /** Called with the entry of each version whose state changes. */
  readonly onChange?: (entry: IndexEntry) => void;
}

const milliseconds = number({ from: 0, to: longestTimer });
const nameOption: OptionKind = {
  expected: 'letters, digits, ".", "_" and "-", beginning with a letter or digit',
  type: 'string',
  accepts: (value) => typeof value === 'string' && isModelName(value),
};
const repositoryOptions: OptionTable<RepositoryOptions> = {
  control: oneOf(['poll', 'explicit', 'none']),
  name: nameOption,
  interval: number({ from: 10, to: longestTimer }),
  settle: milliseconds,
  grace: milliseconds,
  memoryBytes: number({ above: 0 }),
  defaults: object,
  onChange: callback,
};

/**
 * Opens a folder of models, and loads them; docs/serving-models.md has its layout. Models that cannot be loaded do not fail this: the index
 * says why.
 *
 * @throws GdwsError MODEL_UNREADABLE where the folder cannot be read, ARGUMENT_INVALID, CONFIG_INVALID for `defaults`
 */
export async function openRepository(folder: string, options: RepositoryOptions = {}): Promise<ModelRepository> {
  checkOptions(options, repositoryOptions);
  const {
    control = 'poll',
    name,
    interval = 5000,
    settle = 200,
    grace = 2000,
    memoryBytes = Infinity,
    onChange,
  } = options;
  const defaults = options.defaults ? await checkConfig(options.defaults, 'defaults') : {};
  const repository = new FolderRepository({
    ...{ folder, control, name, interval, settle, grace, memoryBytes, defaults, onChange },
  });
  try {
    await repository.open();
  } catch (cause) {
    await repository.close();
    if (cause instanceof GdwsError) throw cause;
    throw new GdwsError('MODEL_UNREADABLE', `the folder of models cannot be read: ${(cause as Error).message}.`, {
      file: folder,
      remedy: 'Check the path, and who may read it.',
      cause,
    });
  }
  return repository;
}
