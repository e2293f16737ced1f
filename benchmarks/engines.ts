import type { InferenceSession, InferenceSessionFactory } from 'onnxruntime-common';
import * as onnxruntime from 'onnxruntime-node';
import { InferenceSession as OwnSession } from '../src/engine/session';

/** What is compared: both have the signatures of onnxruntime-common. */
export const engineNames = ['gdws', 'onnxruntime'] as const;
export type EngineName = (typeof engineNames)[number];

export interface EngineOptions {
  threads: number;
  /** Whether the idle threads of onnxruntime spin (its default) or sleep; gdws ignores it. */
  spinning?: boolean;
}

/** A session of `engine` on a model file, or on the bytes of one. */
export function openSession(
  engine: EngineName,
  model: string | Uint8Array,
  { threads, spinning = true }: EngineOptions,
): Promise<InferenceSession> {
  const options = {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: spinning ? '1' : '0' } } },
  } as const;
  const factory: InferenceSessionFactory = engine === 'gdws' ? OwnSession : onnxruntime.InferenceSession;
  return typeof model === 'string' ? factory.create(model, options) : factory.create(model, options);
}
