// Finds and ends the processes of one instance: every one of them carries its hash in its environment.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Set for the daemon and for the namespace holder, inherited by all they start, pods excepted. */
export const INSTANCE_VARIABLE = "RAMPA_CLUSTER_INSTANCE";
export const ROLE_VARIABLE = "RAMPA_CLUSTER_ROLE";

export type OwnedProcess = {
  readonly pid: number;
  /** Clock ticks since boot; with the pid it names a process for good. */
  readonly startTime: string;
  readonly role: "daemon" | "node";
  /** Pid inside the innermost pid namespace; 1 is the node's init. */
  readonly innerPid: number;
};

export function findOwned(hash: string): readonly OwnedProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => toOwned(Number(name), hash));
}

export function findDaemon(hash: string): OwnedProcess | undefined {
  return findOwned(hash).find((process) => process.role === "daemon");
}

/** The init of the node's namespaces: killing it ends everything inside. */
export function findNodeInits(hash: string): readonly OwnedProcess[] {
  const own = namespaceOf("self");
  return findOwned(hash).filter(
    (p) => p.role === "node" && p.innerPid === 1 && namespaceOf(String(p.pid)) !== own,
  );
}

export function isAlive(process: { readonly pid: number; readonly startTime: string }): boolean {
  return startTimeOf(process.pid) === process.startTime;
}

export function startTimeOf(pid: number): string | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // Field 3 is the state, field 22 the start time (proc(5)); a zombie is as good as gone.
  return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
}

export function childrenOf(pid: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid);
}

/** Kills the process if it still is the one that was found, and waits until it is gone. */
export async function endProcess(process: OwnedProcess, deadlineMs = 10_000): Promise<void> {
  if (isAlive(process)) signalQuietly(process.pid);
  const until = Date.now() + deadlineMs;
  while (isAlive(process) && Date.now() < until) await sleep(20);
}

function signalQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // ESRCH: it ended between the check and the signal.
  }
}

function toOwned(pid: number, hash: string): readonly OwnedProcess[] {
  const environment = readOrUndefined(`/proc/${pid}/environ`)?.split("\0") ?? [];
  if (!environment.includes(`${INSTANCE_VARIABLE}=${hash}`)) return [];
  const startTime = startTimeOf(pid);
  if (startTime === undefined) return [];
  const role = environment.includes(`${ROLE_VARIABLE}=daemon`) ? "daemon" : "node";
  return [{ pid, startTime, role, innerPid: innerPidOf(pid) ?? pid }];
}

function innerPidOf(pid: number): number | undefined {
  const line = readOrUndefined(`/proc/${pid}/status`)?.match(/^NSpid:\s*(.+)$/m)?.[1];
  const last = line?.trim().split(/\s+/).at(-1);
  return last === undefined ? undefined : Number(last);
}

function parentOf(pid: number): number | undefined {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  const field = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1];
  return field === undefined ? undefined : Number(field);
}

function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** Undefined when the process ended meanwhile or belongs to someone else. */
function readOrUndefined(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Whether any checkout's cluster runs on this machine. */
export function hasAnyInstance(): boolean {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((name) => readOrUndefined(`/proc/${name}/environ`)?.includes(`${INSTANCE_VARIABLE}=`));
}
