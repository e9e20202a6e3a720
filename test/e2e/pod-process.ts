// The one container of a Deployment's pod as the kubelet reports it, and code put into its running process.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { LocalEnvironment } from "../kit/local-environment.ts";

const podsSchema = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({
        containerStatuses: z
          .array(
            z.object({
              containerID: z.string().default(""),
              ready: z.boolean(),
              restartCount: z.int(),
              lastState: z.object({
                terminated: z.object({ reason: z.string(), exitCode: z.int() }).optional(),
              }),
            }),
          )
          .default([]),
      }),
    }),
  ),
});

export type ContainerStatus = {
  readonly containerID: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly lastState: {
    readonly terminated?: { readonly reason: string; readonly exitCode: number } | undefined;
  };
};

/** Throws when the Deployment does not have exactly one pod. */
export async function containerOf(
  environment: LocalEnvironment,
  deployment: string,
): Promise<ContainerStatus> {
  const kubectl = join(environment.folder, ".rampa/bin/kubectl");
  const kubeconfig = `--kubeconfig=${join(environment.folder, ".rampa/cluster/kubeconfig")}`;
  const query = ["--namespace=rampa", "get", "pods", "--output=json"];
  const { stdout, stderr } = await environment.run(kubectl, [kubeconfig, ...query]);
  if (stdout === "") throw new Error(stderr);
  const pods = podsSchema.parse(JSON.parse(stdout)).items;
  const [pod, ...others] = pods.filter(({ metadata }) => metadata.name.startsWith(`${deployment}-`));
  const [container] = pod?.status.containerStatuses ?? [];
  if (container === undefined || others.length > 0) throw new Error(`${deployment} has not one pod`);
  return container;
}

/** Runs `code` in the container's Node process, by the debugger that SIGUSR1 opens on the pod's own loopback. */
export function runInProcess(container: ContainerStatus, code: string): void {
  const pid = pidOf(container.containerID.replace("containerd://", ""));
  process.kill(pid, "SIGUSR1");
  const evaluate = JSON.stringify({ id: 1, method: "Runtime.evaluate", params: { expression: code } });
  const client = `
    const list = async () => (await fetch("http://127.0.0.1:9229/json/list")).json();
    const again = async (left) => list().catch(async (error) => {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return again(left - 1);
    });
    const [{ webSocketDebuggerUrl }] = await again(50);
    const socket = new WebSocket(webSocketDebuggerUrl);
    socket.onopen = () => socket.send(${JSON.stringify(evaluate)});
    socket.onmessage = () => process.exit(0);`;
  const node = [process.execPath, "--input-type=module", "--eval", client];
  execFileSync("nsenter", ["--target", String(pid), "--net", ...node], { timeout: 30_000 });
}

/** Ends the container's first process, and with it all others, as a crash would: nothing is asked, nothing is written. */
export function killContainer(containerId: string): void {
  process.kill(pidOf(containerId.replace("containerd://", "")), "SIGKILL");
}

function pidOf(containerId: string): number {
  const found = readdirSync("/proc").find(
    (name) => /^\d+$/.test(name) && cgroupOf(name).includes(containerId),
  );
  if (containerId === "" || found === undefined) throw new Error(`no process of container ${containerId}`);
  return Number(found);
}

function cgroupOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, "utf8");
  } catch {
    // It ended while the list was read.
    return "";
  }
}
