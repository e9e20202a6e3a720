// Reads what the Pulumi project file says: the program, and the stacks with their configuration.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const project = z.object({
  name: z.string(),
  main: z.string().default("."),
  stackConfigDir: z.string().default("."),
});

const stackFile = z.object({ config: z.record(z.string(), z.unknown()).default({}) });

/** Stands in for an encrypted value: planning needs no passphrase, and rules never see the real one. */
const SECURE_STAND_IN = "encrypted-in-the-stack-file";

/** Beside the stack files: the program with stand-ins for what only a cluster can tell. Without it `main` is planned. */
const PLAN_PROGRAM = "plan.ts";

export type ProjectFile = {
  readonly name: string;
  /** Absolute path of the program to plan. */
  readonly main: string;
  readonly stackFolder: string;
};

export function readProject(folder: string): ProjectFile {
  const file = join(folder, "Pulumi.yaml");
  const { name, main, stackConfigDir } = project.parse(parse(readFileSync(file, "utf8")));
  const stackFolder = resolve(folder, stackConfigDir);
  const plan = join(stackFolder, PLAN_PROGRAM);
  return { name, main: existsSync(plan) ? plan : resolve(folder, main), stackFolder };
}

/** Names of the stacks that have a file, sorted. */
export function listStacks({ stackFolder }: ProjectFile): readonly string[] {
  const names = readdirSync(stackFolder).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
  return names.toSorted();
}

/** A stack's configuration by full key, with objects as JSON, as a program gets it from the engine. */
export function readStackConfig({ name, stackFolder }: ProjectFile, stack: string): Record<string, string> {
  const file = join(stackFolder, `Pulumi.${stack}.yaml`);
  if (!existsSync(file)) return {};
  const { config } = stackFile.parse(parse(readFileSync(file, "utf8")) ?? {});
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.includes(":") ? key : `${name}:${key}`, toText(value)]),
  );
}

function toText(value: unknown): string {
  const plain = withoutSecure(value);
  return typeof plain === "string" ? plain : JSON.stringify(plain);
}

function withoutSecure(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecure);
  if (value === null || typeof value !== "object") return value;
  if ("secure" in value) return SECURE_STAND_IN;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutSecure(each)]));
}
