// ClusterError: an expected failure of the local cluster, with a code, what to do next and all its problems.

export type ClusterProblem = { readonly code: string; readonly message: string; readonly next: string };

/** Thrown by everything in this area; `problems` holds all that was found, never only the first. */
export class ClusterError extends Error {
  readonly code: string;
  readonly next: string;
  readonly problems: readonly ClusterProblem[];

  constructor(problems: readonly [ClusterProblem, ...ClusterProblem[]]) {
    super(problems.map((p) => `${p.code}: ${p.message}\n  Next: ${p.next}`).join("\n"));
    this.name = "ClusterError";
    this.code = problems[0].code;
    this.next = problems[0].next;
    this.problems = problems;
  }
}

/** One problem as an error. */
export function clusterError(code: string, message: string, next: string): ClusterError {
  return new ClusterError([{ code, message, next }]);
}
