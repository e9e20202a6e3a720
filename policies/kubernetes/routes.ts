// Reads how a Gateway API route splits requests between its backends.

export const ROUTES = /^kubernetes:gateway\.networking\.k8s\.io\/[^:]+:(HTTPRoute|GRPCRoute)$/;

/** Share in percent of all backends but the largest; undefined where nothing is split, since no backend has weight. */
export function candidateShare(weights: readonly number[]): number | undefined {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return sum === 0 ? undefined : (100 * (sum - Math.max(...weights))) / sum;
}
