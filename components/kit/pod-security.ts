// Pod Security Standards: which pods a namespace takes, as the labels that say so.

export type PodSecurityLevel = "restricted" | "baseline" | "privileged";

const PREFIX = "pod-security.kubernetes.io";

/** Labels of a namespace that enforces `level` as it was in `version`, so that an upgrade changes nothing unseen. */
export function podSecurityLabels(level: PodSecurityLevel, version = "v1.34"): Record<string, string> {
  return Object.fromEntries(
    ["enforce", "audit", "warn"].flatMap((mode) => [
      [`${PREFIX}/${mode}`, level],
      [`${PREFIX}/${mode}-version`, version],
    ]),
  );
}
