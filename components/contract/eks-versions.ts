// Kubernetes versions of EKS as data: until when each has standard and extended support.

type EksVersion = {
  /** Last day of standard support. */
  readonly standardUntil: string;
  /** Last day of extended support, which costs more by the hour; EKS then upgrades the cluster itself. */
  readonly extendedUntil: string;
};

/** From the EKS release calendar; extended support ends a year after standard support. */
export const EKS_VERSIONS = {
  "1.31": { standardUntil: "2025-11-26", extendedUntil: "2026-11-26" },
  "1.32": { standardUntil: "2026-03-23", extendedUntil: "2027-03-23" },
  "1.33": { standardUntil: "2026-07-29", extendedUntil: "2027-07-29" },
  "1.34": { standardUntil: "2026-12-02", extendedUntil: "2027-12-02" },
  "1.35": { standardUntil: "2027-03-27", extendedUntil: "2028-03-27" },
  "1.36": { standardUntil: "2027-08-02", extendedUntil: "2028-08-02" },
} as const satisfies Record<string, EksVersion>;

const rows: Readonly<Record<string, EksVersion>> = EKS_VERSIONS;

export type EksSupport = "standard" | "extended" | "ended";

/** The support that a version such as `1.35` has on a day (`YYYY-MM-DD`, UTC); undefined where the table lacks it. */
export function eksSupport(version: string, day: string): EksSupport | undefined {
  const row = Object.hasOwn(rows, version) ? rows[version] : undefined;
  if (row === undefined) return undefined;
  if (day <= row.standardUntil) return "standard";
  return day <= row.extendedUntil ? "extended" : "ended";
}
