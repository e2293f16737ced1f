import type { InferenceSession } from 'onnxruntime-common';
import { GdwsError } from '../base/errors';
import type { OptionKind } from '../base/options';

/** Where networks can run. */
export interface SupportedBackend {
  /** Name of the execution provider. */
  readonly name: string;
  /** Whether it is part of the package. */
  readonly bundled: boolean;
}

const onlyProvider = 'cpu';

/** Where networks can run, as onnxruntime-node lists it: on the CPU. */
export function listSupportedBackends(): SupportedBackend[] {
  return [{ name: onlyProvider, bundled: true }];
}

type Providers = NonNullable<InferenceSession.SessionOptions['executionProviders']>;

/** The option `executionProviders`; null and an empty array stand for the default, as in onnxruntime. */
export const providers: OptionKind = {
  expected: "an array of names of execution providers, or of objects with a 'name'",
  type: 'object',
  accepts: (value) => value === null || (Array.isArray(value) && value.every((one) => nameOf(one) !== undefined)),
};

const warned = new Set<string>();

/**
 * Checks that the CPU is among the providers, if any are named. Of the others, each causes a warning of the process once.
 *
 * @throws GdwsError ARGUMENT_INVALID where the CPU is not among them
 */
export function checkProviders(given: Providers | null | undefined): void {
  const names = (given ?? []).map((one) => nameOf(one)!);
  const others = names.filter((name) => name !== onlyProvider);
  if (names.length > 0 && others.length === names.length) {
    throw new GdwsError('ARGUMENT_INVALID', `no execution provider among ${names.join(', ')} is available.`, {
      remedy: "Networks run on the CPU alone: add 'cpu' to executionProviders, or leave the option out.",
    });
  }
  for (const name of others) {
    if (warned.has(name)) continue;
    warned.add(name);
    process.emitWarning(`the execution provider '${name}' is not available; the network runs on the CPU.`, {
      code: 'GDWS_UNKNOWN_PROVIDER',
    });
  }
}

function nameOf(provider: unknown): string | undefined {
  const name = typeof provider === 'string' ? provider : (provider as { name?: unknown } | null)?.name;
  return typeof name === 'string' ? name : undefined;
}
