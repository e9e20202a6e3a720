// Levels, remediation and broken exemption files, through the real analyser.
import { afterEach, describe, expect, it } from "vitest";
import { type Analyser, startAnalyser } from "../../policies/harness/analyser.ts";
import type { JudgedResource, PackConfig } from "../../policies/harness/analyser-messages.ts";
import { cases as defaultDeny } from "./cases/namespace-default-deny.ts";
import { CONFIG_MAP, DEPLOYMENT, resource } from "./cases/rule-cases.ts";
import { deploymentProps } from "./fixtures/manifests.ts";
import { createPack, type PackFixture } from "./pack-fixture.ts";

const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function start(exemptions: unknown = []): Promise<Analyser> {
  const pack: PackFixture = createPack(exemptions);
  closing.push(pack.remove);
  const analyser = await startAnalyser(pack.folder);
  closing.unshift(() => analyser.close());
  return analyser;
}

const tagged = resource(DEPLOYMENT, deploymentProps({ image: "registry.example.com/model:1.0.0" }));

describe("levels", () => {
  it("follow the pack configuration, as a whole and by environment", async () => {
    const analyser = await start();
    const levels = async (config: PackConfig) =>
      (await analyser.judge([tagged], config))
        .filter(({ rule }) => rule === "image-by-digest")
        .map(({ level }) => level);
    const of = (settings: PackConfig[string]) => ({ "image-by-digest": settings });
    expect(await levels({})).toEqual(["mandatory"]);
    expect(await levels(of({ enforcementLevel: "advisory" }))).toEqual(["advisory"]);
    expect(await levels(of({ enforcementLevel: "disabled" }))).toEqual([]);
    expect(await levels(of({ levels: { prod: "advisory" } }))).toEqual(["advisory"]);
    expect(await levels(of({ levels: { default: "disabled" } }))).toEqual([]);
    expect(await levels(of({ environment: "dev", levels: { prod: "advisory" } }))).toEqual(["mandatory"]);
  });
});

describe("a first preview, in which the provider is not known yet", () => {
  const nothing = (resources: readonly JudgedResource[]) => resources.map((each) => ({ ...each, props: {} }));
  const judgeEarly = async (resources: readonly JudgedResource[]) => {
    const verdicts = await (await start()).judge(resources, {}, nothing(resources));
    return verdicts.filter(({ rule }) => rule === "namespace-default-deny").map(({ message }) => message);
  };
  const [closed] = defaultDeny.pass;
  const [open] = defaultDeny.fail;

  it("judges a stack by what its resources were asked for", async () => {
    expect(await judgeEarly(closed?.resources ?? [])).toEqual([]);
    expect(await judgeEarly(open?.resources ?? [])).toEqual(
      open?.expected.map(([, message]) => expect.stringContaining(message)),
    );
  });
});

describe("remediation", () => {
  it("adds missing ownership labels where the configuration asks for it, and keeps everything else", async () => {
    const analyser = await start();
    const config = resource(CONFIG_MAP, {
      metadata: { name: "c", labels: { "rampa.dev/owner": "me" } },
      data: { a: "b" },
    });
    const settings = { enforcementLevel: "remediate", owner: "ml", costCenter: "research" } as const;
    const remediated = await analyser.remediate(config, { "explicit-provider-and-tags": settings });
    expect(remediated).toEqual({
      metadata: {
        name: "c",
        labels: {
          "rampa.dev/owner": "me",
          "rampa.dev/environment": "prod",
          "rampa.dev/cost-center": "research",
        },
      },
      data: { a: "b" },
    });
    expect(await analyser.remediate(config, {})).toBeUndefined();
  });
});

describe("exemptions.json", () => {
  it("stops the pack with every problem at once when it is wrong", async () => {
    const wrong = [
      { rule: "image-by-digest", urn: "urn:pulumi:*", reason: "no", expires: "soon" },
      {
        rule: "image-by-digest",
        urn: tagged.urn,
        reason: "long enough a reason",
        expires: "2999-01-01",
        by: "me",
      },
    ];
    const failure = start(wrong).catch((error: Error) => error.message);
    const message = await failure;
    expect(message).toContain("0.urn: want the whole URN of one resource, without wildcards");
    expect(message).toContain("0.reason: want a reason of at least 10 characters");
    expect(message).toContain("0.expires: want the last day it holds, as YYYY-MM-DD");
    expect(message).toContain('1: want Unrecognized key: "by"');
  });

  it("stops the pack when it names a rule that does not exist", async () => {
    const entry = {
      rule: "image-by-digset",
      urn: tagged.urn,
      reason: "long enough a reason",
      expires: "2999-01-01",
    };
    await expect(start([entry])).rejects.toThrow("0.rule: no rule is called image-by-digset");
  });
});
