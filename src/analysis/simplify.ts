import type { Graph } from '../graph/graph';
import { foldBatchNormalization } from './fold-batch-normalization';
import { foldConstants } from './fold-constants';
import { removeIdentities } from './remove-identities';

/** Simplifies a graph for a session, by rules that hold for all shapes of its inputs. */
export function simplify(graph: Graph): void {
  foldConstants(graph);
  removeIdentities(graph);
  foldBatchNormalization(graph);
}
