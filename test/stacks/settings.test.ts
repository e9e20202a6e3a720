// Stack settings: every fault of a stack file is reported at once, with its field, what was given and what is allowed.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runtime } from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../serving/contract/config-error.ts";
import { loadStackFile, parseStackSettings, readStackSettings } from "../../stacks/settings.ts";
import { recordResources } from "../kit/record-resources.ts";

const version = {
  engine: "llama",
  artefact: { source: "hf:org/repo@main/model.gguf", sha256: "ab".repeat(32) },
};
const inBucket = { ...version, artefact: { ...version.artefact, source: "s3://weights/chat.gguf" } };
const endpoint = { versions: { "1.0.0": version, "1.1.0": version }, weights: { "1.0.0": 90, "1.1.0": 10 } };
const good = {
  "rampa:environment": "local",
  "rampa:owner": "search-team",
  "rampa:costCenter": "search",
  "rampa:local": { gatewayPort: 8080 },
  "rampa:endpoints": { chat: endpoint },
};

/** `path: got …, want …` of every problem. */
function problemsOf(change: object): string[] {
  try {
    parseStackSettings({ ...good, ...change }, "local");
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map((it) => `${it.path}: got ${it.got}, want ${it.want}`);
    throw error;
  }
  return [];
}

const chat = (change: object): object => ({ "rampa:endpoints": { chat: { ...endpoint, ...change } } });

describe("parseStackSettings", () => {
  it("fills in every default", () => {
    const settings = parseStackSettings(good, "local");
    expect(settings).toMatchObject({
      stack: "local",
      namespace: "rampa",
      cluster: { use: "auto" },
      gateway: { replicas: 2, service: { kind: "clusterIp" } },
      secrets: { rotation: 1 },
      quota: { pods: 100 },
    });
    expect(settings.endpoints.chat?.stickyBy).toBe("session");
    expect(settings.endpoints.chat?.versions["1.0.0"]).toMatchObject({ replicas: 2, contextTokens: 2048 });
  });

  it.each(["public", "pod-identity"])("takes weights in a bucket where access is %s", (access) => {
    const change = chat({ versions: { "1.0.0": inBucket }, weights: { "1.0.0": 100 } });
    expect(problemsOf({ ...change, "rampa:bucketAccess": access })).toEqual([]);
  });

  it("leaves the engine's own keys to the engine", () => {
    expect(problemsOf({ "pulumi:disable-default-providers": ["*"] })).toEqual([]);
  });

  it.each<[string, object, string[]]>([
    [
      "an unknown key",
      { "rampa:endpoint": {} },
      ["rampa:endpoint: got an unknown field, want no such field (check the spelling)"],
    ],
    [
      "a key of another namespace",
      { "rampe:owner": "x" },
      ["rampe:owner: got an unknown field, want no such field (check the spelling)"],
    ],
    [
      "an unknown nested field",
      { "rampa:gateway": { replica: 2 } },
      ["rampa:gateway.replica: got an unknown field, want no such field (check the spelling)"],
    ],
    [
      "a wrong type",
      { "rampa:gateway": { replicas: "two" } },
      ['rampa:gateway.replicas: got "two", want a whole number from 1 up'],
    ],
    ["a missing value", { "rampa:owner": undefined }, ["rampa:owner: got nothing, want a text"]],
    [
      "a value that is none of the allowed",
      { "rampa:environment": "production" },
      ['rampa:environment: got "production", want one of "local", "dev", "staging", "prod"'],
    ],
    ["no endpoint", { "rampa:endpoints": {} }, ["rampa:endpoints: got {}, want at least one endpoint"]],
    [
      "an engine that does not exist",
      chat({ versions: { "1.0.0": { ...version, engine: "magic" } }, weights: { "1.0.0": 100 } }),
      [
        'rampa:endpoints.chat.versions.1.0.0.engine: got "magic", want one of "llama", "onnx", "vllm", "tgi", "external"',
      ],
    ],
    [
      "weights that don't sum to 100",
      chat({ weights: { "1.0.0": 90, "1.1.0": 5 } }),
      [
        'rampa:endpoints.chat.weights: got {"1.0.0":90,"1.1.0":5}, want percentages that sum to 100 (these sum to 95)',
      ],
    ],
    [
      "a weight of a missing version",
      chat({ weights: { "1.0.0": 90, "1.2.0": 10 } }),
      ["rampa:endpoints.chat.weights.1.2.0: got 10, want a version that exists: 1.0.0, 1.1.0"],
    ],
    [
      "a weight that is no whole percentage",
      chat({ weights: { "1.0.0": 89.5, "1.1.0": 10.5 } }),
      [
        "rampa:endpoints.chat.weights.1.0.0: got 89.5, want a whole percentage from 0 to 100",
        "rampa:endpoints.chat.weights.1.1.0: got 10.5, want a whole percentage from 0 to 100",
      ],
    ],
    [
      "a version that is none",
      chat({ versions: { latest: version } }),
      [
        'rampa:endpoints.chat.versions.latest: got the name "latest", want a semantic version without build metadata, in lower case, e.g. 1.4.0 or 2.0.0-rc.1',
      ],
    ],
    [
      "a model checksum of a wrong form",
      chat({
        versions: { "1.0.0": { ...version, artefact: { ...version.artefact, sha256: "sha256:12" } } },
        weights: { "1.0.0": 100 },
      }),
      [
        'rampa:endpoints.chat.versions.1.0.0.artefact.sha256: got "sha256:12", want 64 lower-case hexadecimal digits (a SHA-256)',
      ],
    ],
    [
      "a cache of nodes that are this machine",
      { "rampa:modelCache": { path: "/var/lib/models" } },
      [
        'rampa:modelCache: got {"path":"/var/lib/models"}, want nothing, as a cluster on this machine has a cache of its own',
      ],
    ],
    [
      "an image digest of a wrong form",
      { "rampa:image": { repository: "rampa.local/serving", digest: "latest" } },
      ['rampa:image.digest: got "latest", want `sha256:` and 64 lower-case hexadecimal digits'],
    ],
    [
      "a published environment without an image",
      { "rampa:environment": "prod" },
      [
        "rampa:image: got nothing, want the repository and digest of the image, as the environment is not local",
        "rampa:endpoints.chat.versions.1.0.0.card: got nothing, want a model card and who approved the version, as the environment is prod",
        "rampa:endpoints.chat.versions.1.1.0.card: got nothing, want a model card and who approved the version, as the environment is prod",
      ],
    ],
    [
      "a workshop elsewhere without an image",
      { "rampa:environment": "dev" },
      ["rampa:image: got nothing, want the repository of the image, as the environment is not local"],
    ],
    [
      "a published environment whose image has no digest",
      { "rampa:environment": "staging", "rampa:image": { repository: "rampa.local/serving" } },
      [
        "rampa:image.digest: got nothing, want the digest of an image that ran elsewhere before, as the environment is staging",
      ],
    ],
    [
      "an image from a registry that is not allowed, with or without a digest",
      { "rampa:environment": "dev", "rampa:image": { repository: "other.example.com/serving" } },
      [
        'rampa:image.repository: got "other.example.com/serving", want a repository in one of `allowedRegistries`',
      ],
    ],
    [
      "an authority that is no certificate",
      { "rampa:artefactAuthority": "/etc/ssl/own.pem" },
      ['rampa:artefactAuthority: got "/etc/ssl/own.pem", want one or more certificates in PEM form'],
    ],
    [
      "weights in a bucket that nothing gives the pods credentials for",
      chat({ versions: { "1.0.0": inBucket }, weights: { "1.0.0": 100 } }),
      [
        'rampa:endpoints.chat.versions.1.0.0.artefact.source: got "s3://weights/chat.gguf", want an address that needs no credentials, or `rampa:bucketAccess`, which says how pods of this cluster get them',
      ],
    ],
    [
      "an artefact server with a port that is none",
      { "rampa:network": { artefactServers: [{ range: "10.1.2.3", port: 0 }] } },
      [
        'rampa:network.artefactServers.0.range: got "10.1.2.3", want an IPv4 range, e.g. 10.1.2.3/32',
        "rampa:network.artefactServers.0.port: got 0, want a port from 1 to 65535",
      ],
    ],
    [
      "another stack's cluster without that stack",
      { "rampa:cluster": { use: "stack" } },
      [
        'rampa:cluster.stack: got nothing, want the name of the stack that made the cluster, with `use` "stack" and no other',
      ],
    ],
    [
      "a stack for a cluster of another kind",
      { "rampa:cluster": { use: "auto", stack: "dev" } },
      [
        'rampa:cluster.stack: got "dev", want the name of the stack that made the cluster, with `use` "stack" and no other',
      ],
    ],
    [
      "the cluster of the stack itself",
      { "rampa:cluster": { use: "stack", stack: "local" } },
      ['rampa:cluster.stack: got "local", want another stack than itself'],
    ],
    [
      "a preview environment without a time",
      { "rampa:branch": { name: "x", from: "dev", expires: "tomorrow" } },
      ['rampa:branch.expires: got "tomorrow", want a time in UTC, e.g. 2030-01-31T12:00:00Z'],
    ],
    [
      "a context that is not named",
      { "rampa:cluster": { use: "context" } },
      ['rampa:cluster.context: got nothing, want the name of a kubeconfig context, as `use` is "context"'],
    ],
    [
      "two versions that would have one name",
      {
        "rampa:endpoints": {
          chat: { versions: { "1.0.0-0": version }, weights: { "1.0.0-0": 100 } },
          "chat-1": { versions: { "0.0.0": version }, weights: { "0.0.0": 100 } },
        },
      },
      [expect.stringContaining('want another name: "chat-1-0-0-0" is taken already')],
    ],
  ])("refuses %s", (_name, change, problems) => {
    expect(problemsOf(change)).toEqual(problems);
  });

  it("reports several faults of one file together, with the file and the next command", () => {
    const wrong = {
      ...good,
      "rampa:owner": 7,
      "rampa:secrets": { rotation: 0 },
      "rampa:local": { gatewayPort: 80 },
      "rampa:colour": "red",
    };
    expect(() => parseStackSettings(wrong, "local")).toThrow(
      [
        "stacks/Pulumi.local.yaml: 4 problems",
        "  rampa:owner: got 7, want a text",
        "  rampa:local.gatewayPort: got 80, want a port from 1024 to 65535",
        "  rampa:secrets.rotation: got 0, want a whole number from 1 up",
        "  rampa:colour: got an unknown field, want no such field (check the spelling)",
        "Next: correct the file, then run `pulumi preview --stack local`",
      ].join("\n"),
    );
  });
});

describe("readStackSettings", () => {
  it("reads the same settings from Pulumi's configuration, where mappings are JSON texts", async () => {
    const texts = Object.entries(good).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]);
    let settings: unknown;
    const read = () => {
      settings = readStackSettings();
    };
    await recordResources(read, { stack: "local", project: "rampa", config: Object.fromEntries(texts) });
    expect(settings).toEqual(parseStackSettings(good, "local"));
    runtime.setAllConfig({});
  });
});

describe("loadStackFile", () => {
  async function load(text: string | undefined): Promise<unknown> {
    const folder = await mkdtemp(join(tmpdir(), "stack-file-"));
    const path = join(folder, "Pulumi.try.yaml");
    try {
      if (text !== undefined) await writeFile(path, text);
      return await loadStackFile(path);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  it("names a file that is missing", async () => {
    await expect(load(undefined)).rejects.toThrow(
      "stacks/Pulumi.try.yaml: 1 problem\n  (document): got ENOENT",
    );
  });

  it("says that a file is no YAML, and where", async () => {
    await expect(load("config: {a: [}")).rejects.toThrow(/want valid YAML/);
  });

  it.each(["", "config:\n", "- 1\n", "configuration: {}\n"])("refuses %j as a stack file", async (text) => {
    await expect(load(text)).rejects.toBeInstanceOf(ConfigError);
  });
});
