// Child process: plans one stack of a Pulumi project without an engine and sends its resources to the parent.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type RecordedResource, recordResources } from "./record-resources.ts";
import { readProject, readStackConfig } from "./stack-files.ts";

/** What the parent gets: the resources, or why the stack cannot be planned. */
export type StackRecord =
  | { readonly kind: "planned"; readonly resources: readonly RecordedResource[] }
  | { readonly kind: "failed"; readonly reason: string };

const [folder = ".", stack = ""] = process.argv.slice(2);

process.send?.(await recordStack(), undefined, undefined, () => process.disconnect());

async function recordStack(): Promise<StackRecord> {
  try {
    const project = readProject(resolve(folder));
    const config = readStackConfig(project, stack);
    // Generated values are recorded as known, so that a rule can see where a generated key would end up.
    const options = { stack, project: project.name, config, allowDefaultProviders: true };
    return { kind: "planned", resources: await recordResources(() => runProgram(project.main), options) };
  } catch (error) {
    // Whatever a program throws is its author's to read; the parent has no use for the type.
    return { kind: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** As the language host does: importing the program runs it, and a function that it exports as default is called. */
async function runProgram(main: string): Promise<void> {
  const program: unknown = await import(pathToFileURL(main).href);
  if (program === null || typeof program !== "object") return;
  const entry: unknown = Reflect.get(program, "default");
  if (typeof entry === "function") await entry();
}
