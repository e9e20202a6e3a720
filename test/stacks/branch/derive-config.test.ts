// Settings of a preview environment: those of its base, smaller and apart from it, for every stack there is.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { readMark, renderBranchFile } from "../../../stacks/branch/branch-file.ts";
import { namesOf } from "../../../stacks/branch/branch-name.ts";
import { type Derivation, deriveConfig } from "../../../stacks/branch/derive-config.ts";
import { paths } from "../../../stacks/local/paths.ts";
import { parseStackSettings, type StackSettings } from "../../../stacks/settings.ts";
import { STACKS } from "../../kit/plan-stack.ts";

const names = namesOf("feature/x");
const expires = "2030-01-31T12:00:00Z";
const image = {
  repository: "rampa.local/serving",
  digest: `sha256:${"1".repeat(64)}`,
  sbomDigest: `sha256:${"2".repeat(64)}`,
};

const frame = z.object({ config: z.record(z.string(), z.unknown()) });

function readConfig(stack: string): Record<string, unknown> {
  const text = readFileSync(join(paths.checkout, "stacks", `Pulumi.${stack}.yaml`), "utf8");
  return frame.parse(parse(text)).config;
}

/** Derives from a stack of the checkout with `changes`; what a reader of the written file gets. */
function derive(stack: string, changes: Readonly<Record<string, unknown>> = {}): StackSettings {
  // A cluster that is not the stack's own brings its monitoring itself.
  const { "rampa:monitoring": monitoring, ...file } = readConfig(stack);
  const own = "rampa:cluster" in changes ? {} : { "rampa:monitoring": monitoring };
  const config = { ...file, ...(monitoring !== undefined && own), ...changes };
  const base = parseStackSettings(config, stack);
  const given: Derivation = { names, config, base, expires, ...(base.image === undefined && { image }) };
  const text = renderBranchFile(deriveConfig(given), stack);
  return parseStackSettings(frame.parse(parse(text)).config, names.stack);
}

const versionsOf = ({ endpoints }: StackSettings) =>
  Object.values(endpoints).flatMap(({ versions }) => Object.values(versions));

describe.each(STACKS)("derived from %s", (stack) => {
  const base = parseStackSettings(readConfig(stack), stack);
  const derived = derive(stack);

  it("is a development environment of its own that knows branch, base and time", () => {
    expect(derived).toMatchObject({
      environment: "dev",
      namespace: "rampa-feature-x",
      owner: base.owner,
      costCenter: base.costCenter,
      branch: { name: "feature/x", from: stack, expires },
    });
  });

  it("makes no cluster, and takes nothing that belongs to the base", () => {
    expect(derived).toMatchObject({
      aws: undefined,
      local: undefined,
      promotion: undefined,
      monitoring: undefined,
    });
    expect(derived.cluster.use).not.toBe("aws");
    expect(derived.gateway).toMatchObject({ service: { kind: "clusterIp" }, createGatewayClass: false });
  });

  it("has one pod of everything, on one core at most unless it needs GPUs", () => {
    expect(derived.gateway.replicas).toBe(1);
    for (const version of versionsOf(derived)) {
      expect(version).toMatchObject({ replicas: 1, spread: "prefer", scaling: { kind: "none" } });
      if (version.gpu === undefined) expect(Number.parseFloat(version.resources.cpu)).toBeLessThanOrEqual(1);
    }
  });

  it("serves the base's versions at the base's weights", () => {
    const shape = ({ endpoints }: StackSettings) =>
      Object.entries(endpoints).map(([name, { versions, weights }]) => [
        name,
        Object.keys(versions),
        weights,
      ]);
    expect(shape(derived)).toEqual(shape(base));
  });

  it("runs an image of its own, not the base's", () => {
    expect(derived.image?.repository).toBe(base.image?.repository ?? image.repository);
    expect(derived.image?.digest).toBe(base.image === undefined ? image.digest : undefined);
  });
});

describe("providers of the base", () => {
  it("are taken over without its keys, which somebody may make anew, and their versions as they are", () => {
    const raw = readConfig("local");
    const chat = { engine: "external", provider: "openai", model: "gpt-4.1-mini" };
    const config = {
      ...raw,
      "rampa:providers": {
        openai: { baseUrl: "https://api.openai.com/v1", key: { from: "config" } },
        azure: { baseUrl: "https://res.openai.azure.com/openai/v1", key: { from: "secret", name: "own" } },
      },
      "rampa:providerKeys": { openai: { secure: "v1:of-the-base" } },
      "rampa:endpoints": { chat: { versions: { "2.0.0": chat }, weights: { "2.0.0": 100 } } },
    };
    const base = parseStackSettings(config, "local");
    const made = deriveConfig({ names, config, base, expires, image });
    expect(JSON.stringify(made)).not.toContain("of-the-base");
    const settings = parseStackSettings(made, names.stack);
    expect(settings.endpoints.chat?.external).toEqual({ "2.0.0": chat });
    expect(settings.providers.openai?.key).toEqual({
      from: "secret",
      name: "provider-openai",
      field: "api-key",
    });
    expect(settings.providers.azure?.key).toEqual({ from: "secret", name: "own", field: "api-key" });
  });
});

describe("the cluster", () => {
  it.each([
    ["dev", { use: "aws" }, { use: "stack", stack: "dev" }],
    ["dev", { use: "aws", context: "shared" }, { use: "context", context: "shared" }],
    ["dev", { use: "context", context: "shared" }, { use: "context", context: "shared" }],
    ["dev", { use: "stack", stack: "ground" }, { use: "stack", stack: "ground" }],
    ["local", { use: "embedded" }, { use: "embedded" }],
  ])("of base %s with %j is %j", (stack, cluster, expected) => {
    expect(derive(stack, { "rampa:cluster": cluster }).cluster).toEqual(expected);
  });
});

describe("sizes", () => {
  const version = (changes: Readonly<Record<string, unknown>>) => ({
    "rampa:endpoints": {
      chat: {
        versions: {
          "1.0.0": {
            engine: "llama",
            artefact: { source: "https://models.example.com/a.gguf", sha256: "a".repeat(64) },
            ...changes,
          },
        },
        weights: { "1.0.0": 100 },
      },
    },
  });
  const sizeOf = (changes: Readonly<Record<string, unknown>>) =>
    versionsOf(derive("staging", version(changes)))[0]?.resources;

  it.each([
    [
      { cpu: "4", memory: "8Gi" },
      { cpu: "1", memory: "8Gi" },
    ],
    [
      { cpu: "4", cpuRequest: "2", memory: "8Gi" },
      { cpu: "1", cpuRequest: "1", memory: "8Gi" },
    ],
    [
      { cpu: "4", cpuRequest: "200m", memory: "8Gi" },
      { cpu: "1", cpuRequest: "200m", memory: "8Gi" },
    ],
    [
      { cpu: "500m", memory: "1Gi" },
      { cpu: "500m", memory: "1Gi" },
    ],
    [undefined, { cpu: "1", memory: "4Gi" }],
  ])("of %j are %j", (resources, expected) => {
    expect(sizeOf({ ...(resources && { resources }) })).toEqual(expected);
  });

  it("stay where the model runs on GPUs, as its processes need them", () => {
    const gpu = { pool: "l4", count: 1 };
    const cuda = `registry.example.com/rampa/cuda@sha256:${"3".repeat(64)}`;
    const resources = { cpu: "4", memory: "8Gi" };
    const changes = {
      ...version({ gpu, image: cuda, resources }),
      "rampa:cluster": { use: "context", context: "x" },
    };
    expect(versionsOf(derive("staging", changes))[0]?.resources).toEqual(resources);
  });
});

describe("the file", () => {
  const config = deriveConfig({
    names,
    config: readConfig("dev"),
    base: parseStackSettings(readConfig("dev"), "dev"),
    expires,
  });
  const text = renderBranchFile(config, "dev");

  it("names the schema and says where to change what it says", () => {
    expect(text.split("\n").slice(0, 2)).toEqual([
      "# yaml-language-server: $schema=./stack-config.schema.json",
      "# Written by `rampa branch up` from Pulumi.dev.yaml, and again by the next one: change that file.",
    ]);
  });

  it("has its time as a text that no reader of YAML takes for a date", () => {
    expect(text).toContain(`expires: "${expires}"`);
  });

  it("is known again", () => {
    expect(readMark(text)).toEqual({
      name: "feature/x",
      from: "dev",
      expires,
      namespace: "rampa-feature-x",
    });
  });

  it.each([
    ["a stack that is no preview", readFileSync(join(paths.checkout, "stacks/Pulumi.dev.yaml"), "utf8")],
    ["no YAML", "config: ["],
    ["an empty file", ""],
    ["a mark without a time", "config: { rampa:namespace: x, rampa:branch: { name: a, from: dev } }"],
    ["a time that is none", text.replace(expires, "tomorrow")],
  ])("is not mistaken for %s", (_name, other) => {
    expect(readMark(other)).toBeUndefined();
  });
});
