// How many threads a process may keep busy: the CPU limit of its control group, version 1 or 2.

/** Contents of the files of one control group; undefined where a file does not exist. */
export type CpuFiles = {
  /** Version 2: `max 100000` or `150000 100000`. */
  readonly cpuMax: string | undefined;
  /** Version 1: -1 without a limit. */
  readonly cfsQuotaUs: string | undefined;
  readonly cfsPeriodUs: string | undefined;
};

/** CPUs that the group may use on average; undefined without a limit or where the files make no sense. */
export function cpuLimit(files: CpuFiles): number | undefined {
  const [quota, period] =
    files.cpuMax === undefined ? [files.cfsQuotaUs, files.cfsPeriodUs] : files.cpuMax.trim().split(/\s+/);
  const ratio = toWhole(quota) / toWhole(period);
  return Number.isFinite(ratio) && ratio > 0 ? ratio : undefined;
}

function toWhole(text: string | undefined): number {
  const trimmed = text?.trim() ?? "";
  return /^\d+$/.test(trimmed) ? Number(trimmed) : Number.NaN;
}

/** Whole threads within every limit above the process, at least one: more would only be throttled. */
export function chooseThreads(limits: readonly (number | undefined)[], available: number): number {
  const tightest = Math.min(available, ...limits.filter((limit) => limit !== undefined));
  return Math.max(1, Math.floor(tightest));
}

/** Directories, innermost first, of the control group at `path` as `/proc/self/cgroup` prints it. */
export function groupAncestors(path: string): readonly string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== "..");
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join("/")}`).concat("/");
}
