// rampa:data: stores inside the cluster for local and dev, and which of their images are built here.
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../serving/contract/config-error.ts";
import { builtStores, volumesOf } from "../../stacks/data-settings.ts";
import { parseStackSettings } from "../../stacks/settings.ts";

const version = {
  engine: "llama",
  artefact: { source: "hf:org/repo@main/model.gguf", sha256: "ab".repeat(32) },
};
const base = {
  "rampa:environment": "local",
  "rampa:owner": "search-team",
  "rampa:costCenter": "search",
  "rampa:endpoints": { chat: { versions: { "1.0.0": version }, weights: { "1.0.0": 100 } } },
};
const reference = `registry.example.com/library/postgres@sha256:${"a".repeat(64)}`;
const repository = "registry.example.com/ml/rampa";
const named = {
  "rampa:environment": "dev",
  "rampa:image": { repository, allowedRegistries: ["registry.example.com"] },
};

const dataOf = (data: object) => parseStackSettings({ ...base, "rampa:data": data }, "local").data;

function problemsOf(change: object): string[] {
  try {
    parseStackSettings({ ...base, ...change }, "dev");
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map((it) => `${it.path}: want ${it.want}`);
    throw error;
  }
  return [];
}

describe("rampa:data", () => {
  it("is none when left out", () => {
    expect(parseStackSettings(base, "local").data).toBeUndefined();
  });

  it("fills in every default of the stores that are named, and leaves out the others", () => {
    expect(dataOf({ postgres: {} })).toMatchObject({
      postgres: { volume: { size: "10Gi" }, backups: { keep: 14 }, maxConnections: 50 },
    });
    expect(dataOf({ postgres: {} })?.cache).toBeUndefined();
  });

  it.each([
    [{ postgres: { image: { reference: "postgres:18" } } }, "rampa:data.postgres.image.reference"],
    [{ postgres: { ownership: {} } }, "rampa:data.postgres.ownership"],
    [{ cache: { user: 5 } }, "rampa:data.cache.user"],
    [{ redis: {} }, "rampa:data.redis"],
  ])("refuses %j", (data, path) => {
    expect(problemsOf({ "rampa:data": data }).map((problem) => problem.split(": want")[0])).toEqual([path]);
  });

  it("asks for images in dev, whose cluster is not on this machine", () => {
    const want = "want an image by digest that the cluster can pull, as it is not on this machine";
    expect(problemsOf({ ...named, "rampa:data": { postgres: {}, cache: {} } })).toEqual([
      `rampa:data.postgres.image: ${want}`,
      `rampa:data.cache.image: ${want}`,
    ]);
    expect(problemsOf({ ...named, "rampa:data": { postgres: { image: { reference } } } })).toEqual([]);
  });

  it.each(["staging", "prod"])("is refused in %s, where one pod is not enough", (environment) => {
    const problems = problemsOf({ "rampa:environment": environment, "rampa:data": { cache: {} } });
    const want = `nothing, as the environment is ${environment}: one pod is lost with its node`;
    expect(problems).toContain(`rampa:data: want ${want}`);
  });
});

describe("what is made on this machine", () => {
  it("is the image of each store that names none", () => {
    expect(builtStores(undefined)).toEqual([]);
    expect(builtStores(dataOf({ postgres: {}, cache: {} }))).toEqual(["postgres", "valkey"]);
    expect(builtStores(dataOf({ postgres: { image: { reference } }, cache: {} }))).toEqual(["valkey"]);
  });

  it("is a directory a volume, owned by the user of the image", () => {
    expect(volumesOf(dataOf({ cache: {} }))).toEqual([]);
    expect(volumesOf(dataOf({ postgres: {} })).map(({ user }) => user)).toEqual([undefined, undefined]);
    expect(volumesOf(dataOf({ postgres: { image: { reference } } }))).toEqual([
      { name: "postgres", user: 999 },
      { name: "postgres-backups", user: 999 },
    ]);
  });
});
