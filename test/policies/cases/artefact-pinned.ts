// Cases of artefact-pinned.
import { deploymentProps, metadata, modelVersionProps } from "../fixtures/manifests.ts";
import { CONFIG_MAP, DEPLOYMENT, LATER, type RuleCases, resource, UNKNOWN_TEXT } from "./rule-cases.ts";

const SHA256 = "0123456789abcdef".repeat(4);
const COMMIT = "0123456789".repeat(4);
const HUB = `hf:example/model@${COMMIT}/model.gguf`;

const config = (artefact: unknown) => [
  resource(CONFIG_MAP, {
    metadata: metadata("config"),
    data: { "config.json": JSON.stringify({ artefact }) },
  }),
];
const server = (args: unknown, env?: unknown) => [
  resource(DEPLOYMENT, modelVersionProps({}, { args, env, startupProbe: { failureThreshold: 30 } })),
];
const variable = (name: string, value: unknown) => ({ name, value });
const document = 'data["config.json"].artefact';
const container = "spec.template.spec.containers[0]";
const noSum = ["mandatory", `${document}.sha256: no sha256 of 64 hexadecimal digits`] as const;
const moving = ["mandatory", `${document}.source: a revision that is no commit`] as const;
const byName = (path: string) =>
  ["mandatory", `${container}.${path}: a model by name, without a commit as its revision`] as const;

export const cases: RuleCases = {
  rule: "artefact-pinned",
  pass: [
    { title: "a file of a hub by commit and checksum", resources: config({ source: HUB, sha256: SHA256 }) },
    {
      title: "a file from elsewhere by checksum",
      resources: config({ source: "https://models.example.com/m", sha256: SHA256 }),
    },
    { title: "a configuration without weights", resources: config(undefined) },
    {
      title: "a server with a commit",
      resources: server(["--model", "example/model", "--revision", COMMIT]),
    },
    {
      title: "a server with a commit, in one word each",
      resources: server(["--model-id=example/model", `--revision=${COMMIT}`]),
    },
    { title: "a server that loads a folder", resources: server(["serve", "/models/chat", "--port", "8080"]) },
    { title: "a server that streams from a bucket", resources: server(["--model", "s3://weights/chat"]) },
    {
      title: "a server that is told by variables",
      resources: server(undefined, [variable("MODEL_ID", "example/model"), variable("REVISION", COMMIT)]),
    },
    { title: "an option of another meaning", resources: server(["--tokenizer", "example/tokens"]) },
    {
      title: "a pod that serves no model",
      resources: [resource(DEPLOYMENT, deploymentProps({ args: ["--model", "example/model"] }))],
    },
  ],
  fail: [
    { title: "no checksum", resources: config({ source: HUB }), expected: [noSum] },
    {
      title: "a checksum that is cut off",
      resources: config({ source: HUB, sha256: SHA256.slice(1) }),
      expected: [noSum],
    },
    {
      title: "a checksum with more behind it",
      resources: config({ source: HUB, sha256: `${SHA256}0` }),
      expected: [noSum],
    },
    {
      title: "a branch of a hub",
      resources: config({ source: "hf:example/model@main/model.gguf", sha256: SHA256 }),
      expected: [moving],
    },
    {
      title: "a hub without a revision",
      resources: config({ source: "hf:example/model/model.gguf", sha256: SHA256 }),
      expected: [moving],
    },
    {
      title: "a commit that is cut off",
      resources: config({ source: `hf:example/model@${COMMIT.slice(1)}/m`, sha256: SHA256 }),
      expected: [moving],
    },
    {
      title: "a server without a revision",
      resources: server(["--model", "example/model"]),
      expected: [byName("args[1]")],
    },
    {
      title: "a server without a revision, in one word",
      resources: server(["--model-id=example/model"]),
      expected: [byName("args[0]")],
    },
    {
      title: "a server with a branch",
      resources: server(["serve", "example/model", "--revision", "main"]),
      expected: [byName("args[1]")],
    },
    {
      title: "a server that is told by a variable",
      resources: server(undefined, [variable("MODEL_ID", "example/model")]),
      expected: [byName("env[0].value")],
    },
    {
      title: "a server with a branch in a variable",
      resources: server(undefined, [variable("MODEL_ID", "example/model"), variable("REVISION", "main")]),
      expected: [byName("env[0].value")],
    },
  ],
  unknown: [
    {
      title: "the words of a server",
      resources: server(UNKNOWN_TEXT),
      expected: [["advisory", `${container}.args: ${LATER}`]],
    },
    {
      title: "a server's model",
      resources: server(["--model", UNKNOWN_TEXT]),
      expected: [["advisory", `${container}.args[1]: ${LATER}`]],
    },
    {
      title: "a server's variable",
      resources: server([], [variable("MODEL_ID", UNKNOWN_TEXT)]),
      expected: [["advisory", `${container}.env[0].value: ${LATER}`]],
    },
  ],
};
