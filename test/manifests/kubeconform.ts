// kubeconform, strict, over manifests, with the schemas of the project's own version of Kubernetes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { tryCommand } from "../../stacks/local/cluster/commands.ts";
import { ensureGoProgram } from "../kit/go-program.ts";
import { type Rendered, writeRendered } from "./rendered.ts";
import { SCHEMA_PLACE, writeSchemas } from "./schemas/write-schemas.ts";

const MODULE = "github.com/yannh/kubeconform";
/** The newest that the project's oldest accepted Go compiles. */
const VERSION = "v0.7.0";

const report = z.looseObject({
  resources: z.array(z.looseObject({ filename: z.string(), status: z.string(), msg: z.string() })),
});

/** File → what is wrong with it, `valid` where nothing is. */
export type Verdicts = Readonly<Record<string, string>>;

export async function ensureKubeconform(): Promise<string> {
  return await ensureGoProgram({
    name: "kubeconform",
    modules: { [MODULE]: VERSION },
    main: { command: `${MODULE}/cmd/kubeconform` },
  });
}

/** Judges all files; the schemas are those of the kinds that occur. */
export async function judgeManifests(program: string, files: readonly Rendered[]): Promise<Verdicts> {
  const folder = mkdtempSync(join(tmpdir(), "rampa-kubeconform-"));
  const [schemas, manifests] = [join(folder, "schemas"), join(folder, "manifests")];
  try {
    await writeSchemas(
      schemas,
      files.map(({ object }) => object),
    );
    writeRendered(manifests, files);
    const args = ["-strict", "-verbose", "-output", "json", "-schema-location", `${schemas}/${SCHEMA_PLACE}`];
    const { stdout, stderr } = await tryCommand(program, [...args, manifests]);
    if (stderr !== "") throw new Error(stderr);
    const { resources } = report.parse(JSON.parse(stdout));
    return Object.fromEntries(
      resources.map(({ filename, status, msg }) => [
        filename.slice(manifests.length + 1),
        status === "statusValid" ? "valid" : `${status}: ${msg}`,
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
