// Kubernetes' own Pod Security admission as a judge of pods, and the pods that it is tested with itself.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { runCommand } from "../../../stacks/local/cluster/commands.ts";
import { versions } from "../../../stacks/local/cluster/versions.ts";
import { fetchGoModule } from "../../kit/go-module.ts";
import { ensureGoProgram } from "../../kit/go-program.ts";
import { fetched } from "../../kit/obtained-tool.ts";

const MODULE = "k8s.io/pod-security-admission";
const MODULE_VERSION = `v0${versions.kubernetes.slice(1)}`;
const STANDARD = `v${versions.kubernetes.split(".").slice(0, 2).join(".")}`;

const pod = z.looseObject({
  metadata: z.looseObject({ name: z.string().optional() }),
  spec: z.looseObject({ containers: z.array(z.unknown()).nonempty() }),
});
export type Pod = z.output<typeof pod>;

const verdicts = z.array(z.strictObject({ allowed: z.boolean(), reasons: z.array(z.string()) }));
export type PodVerdict = z.output<typeof verdicts>[number];

/** One of the module's own pods, with the verdict that its authors expect. */
export type PodFixture = { readonly name: string; readonly allowed: boolean; readonly pod: Pod };

export async function ensurePodJudge(): Promise<(pods: readonly Pod[]) => Promise<readonly PodVerdict[]>> {
  const program = await ensureGoProgram({
    name: "pod-security",
    modules: { [MODULE]: MODULE_VERSION },
    main: { source: readFileSync(join(import.meta.dirname, "main.go"), "utf8") },
  });
  return async (pods) => await judge(program, pods);
}

async function judge(program: string, pods: readonly Pod[]): Promise<readonly PodVerdict[]> {
  const folder = mkdtempSync(join(tmpdir(), "rampa-pod-security-"));
  const inputFile = join(folder, "pods.json");
  try {
    writeFileSync(inputFile, JSON.stringify(pods));
    return verdicts.parse(JSON.parse(await runCommand(program, [STANDARD], { inputFile })));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The module's fixtures of both levels, for the project's version of Kubernetes. */
export async function readPodFixtures(): Promise<readonly PodFixture[]> {
  const module = `${MODULE}@${MODULE_VERSION}`;
  const folder = await fetched(module, () => fetchGoModule(module));
  return ["baseline", "restricted"].flatMap((level) =>
    ["pass", "fail"].flatMap((verdict) => {
      const place = join(folder, "test", "testdata", level, STANDARD, verdict);
      return readdirSync(place).map((file) => ({
        name: `${level}/${verdict}/${file.replace(".yaml", "")}`,
        // A pod that the baseline admits may still be refused as restricted.
        allowed: level === "restricted" && verdict === "pass",
        pod: pod.parse(parse(readFileSync(join(place, file), "utf8"))),
      }));
    }),
  );
}

/** Pods that an object makes; none for objects of other kinds. */
export function podsOf(object: Readonly<Record<string, unknown>>): readonly Pod[] {
  const direct = object.kind === "Pod" ? [pod.parse(object)] : [];
  return [...direct, ...templatesIn(object)];
}

/** Whatever has a pod template has pods, so that a new kind of workload can't be overlooked. */
function templatesIn(value: unknown): Pod[] {
  if (Array.isArray(value)) return value.flatMap(templatesIn);
  const found = z.record(z.string(), z.unknown()).safeParse(value);
  if (!found.success) return [];
  return Object.entries(found.data).flatMap(([key, each]) => {
    const template = key === "template" ? pod.safeParse(each) : undefined;
    return template?.success ? [template.data] : templatesIn(each);
  });
}
