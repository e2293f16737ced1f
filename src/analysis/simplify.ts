import type { Graph } from '../graph/graph';
import { foldBatchNormalization } from './fold-batch-normalization';
import { foldChannelArithmetic } from './fold-channel-arithmetic';
import { foldConstants } from './fold-constants';
import { recognizeHardSigmoid } from './recognize-hard-sigmoid';
import { removeIdentities } from './remove-identities';

/** Simplifies a graph for a session, by rules that hold for all shapes of its inputs. */
export function simplify(graph: Graph): void {
  foldConstants(graph);
  removeIdentities(graph);
  // Before the arithmetic is folded: its sums and quotients belong to the activation.
  recognizeHardSigmoid(graph);
  foldBatchNormalization(graph);
  foldChannelArithmetic(graph);
}
