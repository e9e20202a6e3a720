// How long-running local work reports what it is doing; the shell decides how to show it.

export type Progress = {
  /** Replaces the current line of the running step, e.g. `building kube-apiserver (312 of 1,904 packages)`. */
  report(line: string): void;
};

export const silent: Progress = { report() {} };
