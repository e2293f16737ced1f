import * as onnxruntime from 'onnxruntime-node';
import type { InferenceSession } from 'onnxruntime-common';
import { InferenceSession as OwnSession } from '../src/session';

/** What is compared: both have the signatures of onnxruntime-common. */
export const engineNames = ['gdws', 'onnxruntime'] as const;
export type EngineName = (typeof engineNames)[number];

export interface EngineOptions {
  threads: number;
  /** Whether the idle threads of onnxruntime spin (its default) or sleep; gdws ignores it. */
  spinning?: boolean;
}

/** A session of `engine` on a model file. */
export function openSession(
  engine: EngineName,
  file: string,
  { threads, spinning = true }: EngineOptions,
): Promise<InferenceSession> {
  if (engine === 'gdws') return OwnSession.create(file, { intraOpNumThreads: threads });
  return onnxruntime.InferenceSession.create(file, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    extra: { session: { intra_op: { allow_spinning: spinning ? '1' : '0' } } },
  });
}
