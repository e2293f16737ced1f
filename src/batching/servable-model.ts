import type { Tensor } from 'onnxruntime-common';
import type { GdwsError } from '../base/errors';
import type { Answer, BatchedModel, RequestOptions } from './batched-model';
import type { Cancellation } from './cancellation';

/** How a request is taken, beside its feeds. */
export interface TakeOptions extends Omit<RequestOptions, 'signal'> {
  /** Takes it back. */
  readonly cancellation?: Cancellation;
  /** Whether the feeds stay as they are until it is answered, so that no copy is made. */
  readonly areFeedsKept?: boolean;
}

/** What a server asks. */
export interface ServableModel extends BatchedModel {
  /** As `request`, without a check of options. */
  take(feeds: Readonly<Record<string, Tensor>>, options?: TakeOptions): Promise<Answer>;
  /** QUEUE_FULL where a request would be refused now, which is counted as one: it need not be read. */
  refusal(): GdwsError | undefined;
}
