export interface RankedGraph {
  /** Nodes are 0 to `size - 1`. */
  readonly size: number;
  /** Weights are positive; several edges between two nodes add up. */
  readonly edges: readonly { readonly from: number; readonly to: number; readonly weight: number }[];
  /** By node, not negative: where the walk begins, and begins anew. All zero or left out: everywhere alike. */
  readonly personalisation?: readonly number[];
}

const damping = 0.85;
const tolerance = 1e-9;
const maxIterations = 200;

/**
 * The rank of each node; all ranks together are 1. Personalised PageRank as in L. Page, S. Brin, R. Motwani and
 * T. Winograd, "The PageRank Citation Ranking: Bringing Order to the Web" (Stanford InfoLab, 1999), sections 2.4 and 6:
 * r(v) = (1 − d) · p(v) + d · Σ r(u) · w(u, v) / w(u), with d = 0.85, p the personalisation and w(u) the weight of all
 * edges that leave u. The rank of a node that no edge leaves goes to p. Solved by iteration; equal input gives equal ranks.
 */
export function pageRank({ size, edges, personalisation = [] }: RankedGraph): Float64Array {
  const start = normalised(size, personalisation);
  const leaving = new Float64Array(size);
  for (const { from, weight } of edges) leaving[from] = at(leaving, from) + weight;
  // As plain numbers side by side: it goes through them some hundred times.
  const from = Int32Array.from(edges, (edge) => edge.from);
  const to = Int32Array.from(edges, (edge) => edge.to);
  const share = Float64Array.from(edges, (edge) => (damping * edge.weight) / at(leaving, edge.from));
  let ranks = Float64Array.from(start);
  for (let iteration = 0; iteration < maxIterations; iteration += 1) {
    let stranded = 0;
    for (let node = 0; node < size; node += 1) if (at(leaving, node) === 0) stranded += at(ranks, node);
    const again = 1 - damping + damping * stranded;
    const next = new Float64Array(size);
    for (let node = 0; node < size; node += 1) next[node] = again * at(start, node);
    for (let edge = 0; edge < edges.length; edge += 1) {
      const target = to[edge] ?? 0;
      next[target] = at(next, target) + at(ranks, from[edge] ?? 0) * at(share, edge);
    }
    let moved = 0;
    for (let node = 0; node < size; node += 1) moved += Math.abs(at(next, node) - at(ranks, node));
    ranks = next;
    if (moved < tolerance) break;
  }
  return ranks;
}

function normalised(size: number, personalisation: readonly number[]): Float64Array {
  const sum = personalisation.reduce((total, share) => total + share, 0);
  return Float64Array.from({ length: size }, (_, node) => (sum > 0 ? (personalisation[node] ?? 0) / sum : 1 / size));
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}
