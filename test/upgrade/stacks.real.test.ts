// Stacks as earlier releases left them, previewed with today's program: no cluster, data, key or bucket may be lost.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { parse, parseDocument } from "yaml";
import { findLosses, previewUpgrade } from "./upgrade-kit.ts";

const folder = join(import.meta.dirname, "states");

/** `<release>/<stack>.json.gz`; test/upgrade/record-states.ts writes those of a release. */
const recorded = readdirSync(folder).flatMap((release) =>
  readdirSync(join(folder, release)).map((file) => ({
    release,
    stack: file.replace(".json.gz", ""),
    state: gunzipSync(readFileSync(join(folder, release, file))).toString("utf8"),
  })),
);

const configOf = (stack: string, edit: (text: string) => string = (text) => text) =>
  parse(edit(readFileSync(join(import.meta.dirname, `../../stacks/Pulumi.${stack}.yaml`), "utf8"))).config;

describe("an upgrade", () => {
  it("has states of at least one release to begin from", () => {
    expect(recorded.map(({ release, stack }) => `${release}/${stack}`)).toContain("0.1.0/prod");
  });

  it.each(recorded)("from $release keeps everything of value in $stack", async ({ stack, state }) => {
    const steps = await previewUpgrade({ stack }, state);
    expect(steps.length).toBeGreaterThan(150);
    expect(findLosses(steps)).toEqual([]);
  });

  it("that would make the network anew is found out", async () => {
    const config = configOf("prod", (text) => {
      const document = parseDocument(text);
      document.setIn(["config", "rampa:aws", "network", "cidr"], "10.8.0.0/16");
      return document.toString();
    });
    const state = recorded.find(({ stack }) => stack === "prod")?.state ?? "";
    const losses = findLosses(await previewUpgrade({ stack: "prod", config }, state));
    expect(losses).toContain("replace aws:ec2/vpc:Vpc network-vpc: cidrBlock");
  });
});
