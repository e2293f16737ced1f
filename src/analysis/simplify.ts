import type { Graph } from '../graph/graph';
import { foldBatchNormalization } from './fold-batch-normalization';
import { foldConstants } from './fold-constants';
import { removeIdentities } from './remove-identities';

/** What a session does to a graph, whatever the shapes of its inputs will be. */
export function simplify(graph: Graph): void {
  foldConstants(graph);
  removeIdentities(graph);
  foldBatchNormalization(graph);
}
